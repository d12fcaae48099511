using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Orleans.Contracts;
using Orchestration.Orleans.Grains;
using Orchestration.Testing;
using Orleans;
using Orleans.Hosting;

namespace Orchestration.Orleans.Tests.Grains;

/// <summary>Silos whose clock stands still until a test moves it, and that do nothing by themselves.</summary>
public sealed class StillCluster : GrainCluster
{
    private int _told;

    internal override ManualTime Time { get; } = new();

    internal override bool IsLiving => false;

    /// <summary>A judge that answers on the spot.</summary>
    internal GatedJudge Quick { get; } = new("quick");

    /// <summary>A judge that answers once it is let.</summary>
    internal GatedJudge Slow { get; } = new("slow");

    internal override IReadOnlyList<IJudge> Judges => [Quick, Slow];

    /// <summary>Questions that came with their judge set.</summary>
    internal int Told => Volatile.Read(ref _told);

    internal override void Configure(ISiloBuilder silo) => silo.AddIncomingGrainCallFilter(call =>
    {
        if (call.Grain is PairEvaluationGrain && call.Request.GetArgument(1) is JudgeSet) Interlocked.Increment(ref _told);
        return call.Invoke();
    });
}

/// <summary>A judge of four requests at once, that counts them and can be held up.</summary>
internal sealed class GatedJudge(string id) : IJudge
{
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Who paid for the last question.</summary>
    public string? Payer { get; private set; }

    public Task Gate { get; set; } = Task.CompletedTask;

    public JudgeDescriptor Descriptor { get; } = new() { Id = id, Kind = JudgeKind.Llm, Version = PairHash.Of("gated", id), Dimensions = [new JudgeDimension(id, Scale.Unit)] };

    public int Concurrency => 4;

    public static double ScoreOf(Pair pair) => (pair.Answer.Length % 10) / 10.0;

    public async ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        Payer = request.Payer;
        await Gate;
        return new JudgeReply { Judgments = [.. request.Items.Select(static pair => Judgment.Scored(ScoreOf(pair)))], Totals = new CallTotals(request.Items.Count, 0, default, 0.5m) };
    }

    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
