using System.Collections.Frozen;
using Orchestration.Core.Judging.Code.Analysis;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code;

/// <summary>The deterministic judges that ship with the product. Their definitions stand in docs/design/code-judges.md.</summary>
public static class CodeJudges
{
    private static readonly FrozenDictionary<string, ICodeJudge> ById;

    static CodeJudges()
    {
        All =
        [
            new RelevanceJudge(),
            new LengthFitJudge(),
            new RepetitionJudge(),
            new ReadabilityJudge(),
            new StructureJudge(),
            new EndingJudge(),
            new HedgingJudge(),
            new RefusalJudge(),
            new PrivateDataJudge(),
            new ToxicityJudge(),
            new ArithmeticJudge(),
            new ExactMatchJudge(),
            new NumericMatchJudge(),
            new TokenF1Judge(),
            new RougeLJudge(),
            new ChrfJudge(),
        ];
        ById = All.ToFrozenDictionary(static judge => judge.Id, StringComparer.Ordinal);
    }

    /// <summary>All of them, in an order that does not change: those that need no reference first.</summary>
    public static IReadOnlyList<ICodeJudge> All { get; }

    /// <summary>The judge of an id, or null.</summary>
    public static ICodeJudge? Find(string id) => ById.GetValueOrDefault(id);

    /// <summary>
    /// Scores one pair with several judges. The same judgments as asking each of them, several times faster: the texts are read once
    /// for all, and what was read of a prompt and a reference is kept for the next call on this thread with the same ones. So pairs of
    /// one group are best scored one after another.
    /// </summary>
    /// <param name="pair">The pair.</param>
    /// <param name="judges">The judges; also ones that are not of <see cref="All"/>.</param>
    /// <param name="destination">Gets one judgment per judge, in their order; at least as long as <paramref name="judges"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than <paramref name="judges"/>.</exception>
    public static void ScoreAll(Pair pair, ReadOnlySpan<ICodeJudge> judges, Span<Judgment> destination)
    {
        ArgumentNullException.ThrowIfNull(pair);
        if (destination.Length < judges.Length)
            throw new ArgumentException($"{judges.Length} judges need as many places, but there are {destination.Length}.", nameof(destination));
        var analysis = PairAnalysis.Rent(pair);
        for (var i = 0; i < judges.Length; i++)
            destination[i] = judges[i] is AnalysedCodeJudge judge ? judge.Judge(analysis) : judges[i].Score(pair);
        PairAnalysis.Return(analysis);
    }
}
