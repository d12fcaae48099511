using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;

namespace Orchestration.Orleans.Benchmarks;

/// <summary>A judge whose scores were recorded: it finds them by the pair's id, so that what is measured is the way to it.</summary>
internal sealed class RecordedJudge : IJudge
{
    public const int Recorded = 2000;

    private readonly Dictionary<string, JudgeReply> _replies = new(StringComparer.Ordinal);

    private RecordedJudge(string id, int concurrency)
    {
        Concurrency = concurrency;
        Descriptor = new JudgeDescriptor
        {
            Id = id,
            Kind = JudgeKind.Replay,
            Version = PairHash.Of("recorded", id),
            Dimensions = [new JudgeDimension(id, new Scale(0, 4, 0, Direction.HigherIsBetter))],
        };
        for (var pair = 0; pair < Recorded; pair++) _replies[IdOf(pair)] = new JudgeReply { Judgments = [Judgment.Scored((pair + id.Length) % 5)] };
    }

    /// <summary>Ten judges: what a pair is usually judged by.</summary>
    public static IReadOnlyList<RecordedJudge> Ten { get; } = [.. Enumerable.Range(0, 10).Select(static number => new RecordedJudge(string.Create(CultureInfo.InvariantCulture, $"recorded-{number}"), 0))];

    /// <summary>A judge with a limit, and so with a lease.</summary>
    public static RecordedJudge Hot { get; } = new("hot", 128);

    public JudgeDescriptor Descriptor { get; }

    public int Concurrency { get; }

    public static string IdOf(int pair) => string.Create(CultureInfo.InvariantCulture, $"pair-{pair}");

    public ValueTask<JudgeReply> JudgeAsync(JudgeRequest<Pair> request, CancellationToken cancellationToken) => ValueTask.FromResult(_replies[request.Items[0].Id]);

    public ValueTask<JudgeReply> CompareAsync(JudgeRequest<Comparison> request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
