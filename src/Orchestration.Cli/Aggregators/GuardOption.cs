using System.Globalization;
using Orchestration.Core;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Models.Guards;

namespace Orchestration.Cli.Aggregators;

/// <summary>Reads <c>veto:JUDGE&lt;0.5=1</c>, <c>cap:JUDGE&lt;0.3=2</c> and <c>floor:JUDGE&gt;0.9=4</c>. A judge's name may hold anything but the sign.</summary>
internal static class GuardOption
{
    public static IReadOnlyList<AggregatorGuard> Parse(IEnumerable<string> texts) => [.. texts.Select(Parse)];

    private static AggregatorGuard Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        GuardKind? kind = (colon < 0 ? "" : text[..colon]) switch { "veto" => GuardKind.Veto, "cap" => GuardKind.Cap, "floor" => GuardKind.Floor, _ => null };
        var sign = text.LastIndexOf(kind == GuardKind.Floor ? '>' : '<');
        var equals = text.LastIndexOf('=');
        if (kind is { } known && sign > colon + 1 && equals > sign && Number(text[(sign + 1)..equals], out var threshold) && threshold is >= 0 and <= 1 && Number(text[(equals + 1)..], out var limit))
            return new AggregatorGuard(known, text[(colon + 1)..sign], threshold, limit);
        throw new OrchestrationException(
            ErrorCodes.Usage,
            $"--guard {text}: write veto:JUDGE<THRESHOLD=LIMIT, cap:JUDGE<THRESHOLD=LIMIT or floor:JUDGE>THRESHOLD=LIMIT; the threshold is a mapped score from 0 to 1, the limit a human score. Quote it for the shell.");
    }

    private static bool Number(string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
