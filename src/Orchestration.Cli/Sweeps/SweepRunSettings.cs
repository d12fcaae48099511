using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Cli.Sweeps;

/// <summary>What <c>sweep run</c> and <c>compare run</c> were asked to do, checked.</summary>
internal sealed record SweepRunSettings
{
    public required DataKind Kind { get; init; }

    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Judges { get; init; }

    public string? Config { get; init; }

    public string? Store { get; init; }

    public string? Out { get; init; }

    public long? Limit { get; init; }

    public long? Sample { get; init; }

    public long Seed { get; init; }

    public int? Concurrency { get; init; }

    public decimal? MaxCostUsd { get; init; }

    public double MinCoverage { get; init; } = 0.8;

    public MaxUnscored? MaxUnscored { get; init; }

    public int? RowsPerShard { get; init; }

    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public IReadOnlyList<string> Keep { get; init; } = [];

    public IReadOnlyDictionary<string, Scale> Scales { get; init; } = new Dictionary<string, Scale>(StringComparer.Ordinal);

    /// <summary>Batches first, at their price; single calls for the rest.</summary>
    public bool Batch { get; init; }

    /// <summary>See <see cref="Orchestration.Core.Sweeps.NewSweep.Priority"/>.</summary>
    public int Priority { get; init; }

    /// <summary>Registered only; workers do it.</summary>
    public bool Detach { get; init; }

    public string? Aggregator { get; init; }

    public bool FollowActive { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Also write what judges said beside their scores.</summary>
    public bool Rationales { get; init; }

    public bool Json { get; init; }

    /// <summary>Reads <c>ours=theirs</c>.</summary>
    public static IReadOnlyDictionary<string, string> ParseMap(IEnumerable<string> texts)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == text.Length - 1)
                throw new OrchestrationException(ErrorCodes.Usage, $"--map {text}: write our field, '=', and the field of your file, such as --map answer=response.");
            if (!map.TryAdd(text[..at], text[(at + 1)..]))
                throw new OrchestrationException(ErrorCodes.Usage, $"--map names '{text[..at]}' twice. Leave one out.");
        }

        return map;
    }

    /// <summary>Reads <c>judge=0..4</c> or <c>judge=0..1:lower</c>; <c>*</c> stands for all recorded judges that state no other.</summary>
    public static IReadOnlyDictionary<string, Scale> ParseScales(IEnumerable<string> texts)
    {
        var scales = new Dictionary<string, Scale>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var at = text.LastIndexOf('=');
            var range = at < 0 ? "" : text[(at + 1)..];
            var direction = Direction.HigherIsBetter;
            if (range.EndsWith(":lower", StringComparison.Ordinal))
            {
                direction = Direction.LowerIsBetter;
                range = range[..^6];
            }

            var dots = range.IndexOf("..", StringComparison.Ordinal);
            if (at <= 0 || dots <= 0 || !TryNumber(range[..dots], out var min) || !TryNumber(range[(dots + 2)..], out var max) || !(min < max))
                throw new OrchestrationException(ErrorCodes.Usage, $"--scale {text}: write the judge, '=', its lowest and highest score, such as --scale helpfulness=0..4, and ':lower' behind it where lower is better.");
            scales[text[..at]] = new Scale(min, max, 0, direction);
        }

        return scales;
    }

    private static bool TryNumber(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}

/// <summary>How many judgments may be without a score: a count, or a share of all.</summary>
/// <param name="Count">As a count; null for a share.</param>
/// <param name="Share">As a share, 0–1; null for a count.</param>
internal sealed record MaxUnscored(long? Count, double? Share)
{
    /// <summary>Reads <c>100</c> or <c>5%</c>.</summary>
    public static MaxUnscored? Parse(string? text)
    {
        if (text is null) return null;
        if (text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var percent) && percent is >= 0 and <= 100)
            return new MaxUnscored(null, percent / 100);
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return new MaxUnscored(count, null);
        throw new OrchestrationException(ErrorCodes.Usage, $"--max-unscored {text}: write a count such as 100, or a share such as 5%.");
    }

    public bool IsPassed(long unscored, long judgments) => Count is { } count ? unscored > count : unscored > Share * judgments;

    public override string ToString() => Count is { } count
        ? count.ToString(CultureInfo.InvariantCulture)
        : (Share!.Value * 100).ToString(CultureInfo.InvariantCulture) + "%";
}
