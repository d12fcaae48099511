using System.Globalization;
using System.Text;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Simulation.Host;

/// <summary>
/// The model that all silos of a world share, without a network. What it says is a function of the call's content alone, and so is how an attempt fares; how long it
/// takes is the world's. It keeps its own books: what was sent when, and what it charges each payer.
/// </summary>
internal sealed class SimulatedEndpoint(SimulatedWorld world)
{
    public const string Deployment = "simulated";

    public static readonly TokenPrices Prices = new(2m, 1m, 8m, 8m);

    private static readonly TimeSpan Quickest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Slowest = TimeSpan.FromMilliseconds(1500);

    private readonly Dictionary<string, decimal> _charged = new(StringComparer.Ordinal);

    /// <summary>When each call arrived, in ticks of the true time.</summary>
    public List<long> Arrivals { get; } = [];

    /// <summary>Calls whose sender stood still between its last look at the permit and the sending: nothing a sender could do about it.</summary>
    public List<long> Unavoidable { get; } = [];

    /// <summary>What a payer was charged, in US dollars.</summary>
    public decimal Charged(string payer) => _charged.GetValueOrDefault(payer);

    /// <summary>A call arrives. What it completes with comes after a while, or never.</summary>
    /// <param name="process">The sender.</param>
    /// <param name="owner">The sender's id in the store.</param>
    /// <param name="request">The call.</param>
    /// <param name="attempt">Which attempt of this call, from 0.</param>
    /// <param name="wasStopped">The sender stood still between its last look at the permit and now.</param>
    public Task<Exchange> SendAsync(SimulatedProcess process, string owner, ChatRequest request, int attempt, bool wasStopped)
    {
        var now = world.Timeline.Now;
        (wasStopped ? Unavoidable : Arrivals).Add(now);
        var content = Hash(request);
        var outcome = world.HasDeploymentFaults ? OutcomeOf(content, attempt) : Outcome.Answers;
        world.Trace.Note(now, process.Name, "sends, and the endpoint " + outcome, (long)(content >> 40), attempt);
        var usage = new TokenUsage((Encoding.UTF8.GetByteCount(request.System) + Encoding.UTF8.GetByteCount(request.User)) / 4, 0, 0, 0);
        var text = "";
        if (outcome is Outcome.Answers or Outcome.LosesReply or Outcome.NeverAnswers)
        {
            text = TextOf(content, Arrivals.Count + Unavoidable.Count);
            usage = usage with { Output = Math.Min(request.MaxOutputTokens, text.Length / 4) };
            _charged[request.Origin.Payer] = Charged(request.Origin.Payer) + Prices.Cost(usage);
        }

        world.Checks.Sent(owner, request, wasStopped);
        world.Checks.Money(request.Origin.Payer);

        // Completed by the world, between two steps: whoever waits is queued on its own scheduler, where the pool's threads would be asked to wake it otherwise.
        var reply = new TaskCompletionSource<Exchange>();
        if (outcome != Outcome.NeverAnswers)
            world.Timeline.After(world.Wire.Between(Quickest, Slowest), () => reply.TrySetResult(new Exchange(outcome, text, usage)));
        return reply.Task;
    }

    /// <summary>
    /// One content in twenty-five never gets through, one in seven not at its first attempt. All others and all later attempts do: a process that stood still so long that it
    /// no longer waited for a reply has another attempt left, and its judgment is the same.
    /// </summary>
    private static Outcome OutcomeOf(ulong content, int attempt)
    {
        var drawn = Dice.Mix(content) % 1000;
        if (drawn >= 170 || (drawn >= 40 && attempt > 0)) return Outcome.Answers;
        return (drawn % 4) switch
        {
            0 => Outcome.NeverAnswers,
            1 => Outcome.LosesReply,
            2 => Outcome.IsBusy,
            _ => Outcome.Fails,
        };
    }

    /// <summary>A score on 0 to 4 with the number of the call for its rationale, so that every reply is told from every other; at times nothing that can be read.</summary>
    private static string TextOf(ulong content, int call) => (content % 8) switch
    {
        0 => "I would rather not say.",
        1 when content % 5 == 1 => "{\"rationale\": \"far too good\", \"score\": 9}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{{\"rationale\": \"call {call}\", \"score\": {Dice.Mix(content) % 41 / 10.0:0.0}}}"),
    };

    // FNV-1a over the call's messages.
    private static ulong Hash(ChatRequest request)
    {
        var hash = 14695981039346656037;
        Fold(request.System);
        Fold(request.User);
        foreach (var turn in request.Continuation) Fold(turn.Content);
        return Dice.Mix(hash);

        void Fold(string text)
        {
            foreach (var c in text) hash = (hash ^ c) * 1099511628211;
            hash = (hash ^ 0xFFFF) * 1099511628211;
        }
    }

    internal enum Outcome
    {
        Answers,
        LosesReply,
        NeverAnswers,
        IsBusy,
        Fails,
    }

    /// <summary>What came back.</summary>
    internal readonly record struct Exchange(Outcome Outcome, string Text, TokenUsage Usage);
}
