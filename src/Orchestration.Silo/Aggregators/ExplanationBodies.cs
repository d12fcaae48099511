namespace Orchestration.Silo.Aggregators;

/// <summary><c>GET /v1/aggregators/{name}/explain</c>: one or more versions on the same rows.</summary>
/// <param name="Versions">In the order in which they were named.</param>
/// <param name="Differences">The other versions against the first.</param>
/// <param name="Rows">Rows read that have a human score or label.</param>
/// <param name="Target">The field that they predict.</param>
/// <param name="AreComparisons">True where they were learned from comparisons: curves are in log-odds, expected is a chance.</param>
/// <param name="Notes">What a reader has to know, in sentences.</param>
internal sealed record ExplanationView(
    IReadOnlyList<ExplainedVersion> Versions, IReadOnlyList<VersionDifference> Differences, int Rows, string Target, bool AreComparisons, IReadOnlyList<string> Notes);

/// <summary>A number with its 95% interval; ends are null where there is none.</summary>
internal sealed record IntervalView(double Value, double? Lower, double? Upper);

/// <summary>How much less a version loses a row than the first one; null where they cannot be compared.</summary>
internal sealed record VersionDifference(string Version, IntervalView? Gain);

/// <summary>One version.</summary>
internal sealed record ExplainedVersion
{
    public required string Version { get; init; }

    /// <summary><c>unseen</c>, <c>out_of_fold</c>, <c>in_sample</c>.</summary>
    public required string Measured { get; init; }

    public required string MeasuredHow { get; init; }

    public required int MeasuredRows { get; init; }

    /// <summary>Figures by name; those that end in <c>_se</c> are standard errors by prompt.</summary>
    public required IReadOnlyDictionary<string, double> Figures { get; init; }

    public required double? EffectiveChannels { get; init; }

    public required IReadOnlyList<ExplainedJudge> Judges { get; init; }

    public required IReadOnlyList<CalibrationView> Calibration { get; init; }

    public required IReadOnlyList<ResidualView> Residuals { get; init; }
}

/// <summary>Rows that were given about the same number.</summary>
internal sealed record CalibrationView(double Expected, IntervalView Observed, int Rows);

/// <summary>Mean of observed less expected of a category.</summary>
internal sealed record ResidualView(string Category, IntervalView Mean, int Rows);

/// <summary>A judge of a version.</summary>
internal sealed record ExplainedJudge
{
    public required string Judge { get; init; }

    /// <summary>What more is lost a row with the judge's scores exchanged between prompts; 95% of the resamples.</summary>
    public required IntervalView Importance { get; init; }

    public required double? Concurvity { get; init; }

    public required bool InModel { get; init; }

    /// <summary>Where the band comes from: <c>covariance</c>, <c>refits</c>, <c>none</c>.</summary>
    public required string Band { get; init; }

    /// <summary>What may be said of the curve.</summary>
    public required string Sentence { get; init; }

    /// <summary>The judge's scale and its better end.</summary>
    public required double Min { get; init; }

    public required double Max { get; init; }

    public required bool LowerIsBetter { get; init; }

    /// <summary>5% and 95% of the judge's scores, on its own scale; null without scores.</summary>
    public required double[]? Usual { get; init; }

    public required CurveView Curve { get; init; }

    /// <summary>Where concurvity is high, the accumulated local effect beside it.</summary>
    public required CurveView? Accumulated { get; init; }
}

/// <summary>A curve over a judge's scores on its own scale, rising; the band's ends are null where there is none.</summary>
internal sealed record CurveView(IReadOnlyList<double> At, IReadOnlyList<double> Value, IReadOnlyList<double?>? Lower, IReadOnlyList<double?>? Upper);
