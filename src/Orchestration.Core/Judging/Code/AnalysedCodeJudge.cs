using Orchestration.Core.Judging.Code.Analysis;
using Orchestration.Core.Pairs;

namespace Orchestration.Core.Judging.Code;

/// <summary>A judge that reads the analysis that several judges share. It keeps no state, so one instance serves all threads.</summary>
internal abstract class AnalysedCodeJudge : ICodeJudge
{
    /// <inheritdoc/>
    public abstract string Id { get; }

    /// <inheritdoc/>
    public abstract string Summary { get; }

    /// <inheritdoc/>
    public virtual int Revision => 1;

    /// <inheritdoc/>
    public virtual Scale Scale => Scale.Unit;

    /// <inheritdoc/>
    public virtual bool NeedsReference => false;

    /// <inheritdoc/>
    public Judgment Score(Pair pair)
    {
        ArgumentNullException.ThrowIfNull(pair);
        var analysis = PairAnalysis.Rent(pair);
        var judgment = Judge(analysis);
        PairAnalysis.Return(analysis);
        return judgment;
    }

    /// <summary>Scores an analysed pair; a judge that needs a reference and has none does not get here.</summary>
    public Judgment Judge(PairAnalysis analysis) => NeedsReference && analysis.Pair.Reference is null
        ? Judgment.Unscored(UnscoredReason.NoReference)
        : Score(analysis);

    /// <summary>The definition.</summary>
    protected abstract Judgment Score(PairAnalysis pair);

    /// <summary>The judgment of a pair that the judge is not defined for.</summary>
    protected static Judgment NotApplicable { get; } = Judgment.Unscored(UnscoredReason.NotApplicable);
}
