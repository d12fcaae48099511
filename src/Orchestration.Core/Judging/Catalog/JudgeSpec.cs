using System.Globalization;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Judging.Revising;

namespace Orchestration.Core.Judging.Catalog;

/// <summary>
/// A language model's judge as it is named: <c>RUBRIC@DEPLOYMENT</c>, with options between colon and at sign, a plus between them: a protocol
/// (<c>score</c>, <c>expected</c>, <c>samples=5</c>), <c>reference=drop</c>, <c>exemplars=NAME</c>, <c>repeat=1</c>, <c>revise</c> or <c>revise=BIAS</c>.
/// </summary>
/// <param name="Rubric">The rubric's id.</param>
/// <param name="Options">What the options say.</param>
/// <param name="Exemplars">The pool's name; null for none.</param>
/// <param name="Deployment">The deployment's name.</param>
/// <param name="PointedOut">What the judge is told before it looks at its judgment again; null where it judges once.</param>
internal sealed record JudgeSpec(string Rubric, LlmJudgeOptions Options, string? Exemplars, string Deployment, string? PointedOut)
{
    private const string Both = "reference=both";

    public static JudgeSpec Parse(string spec)
    {
        var at = spec.LastIndexOf('@');
        var (left, deployment) = (spec[..at], spec[(at + 1)..]);
        var colon = left.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0) return new JudgeSpec(left, new LlmJudgeOptions(), null, deployment, null);
        var (options, exemplars, pointedOut) = ParseOptions(left[(colon + 1)..], spec);
        return new JudgeSpec(left[..colon], options, exemplars, deployment, pointedOut);
    }

    /// <summary><c>reference=both</c> is two judges, one with the reference and one without; any other specification is itself.</summary>
    public static IReadOnlyList<string> Expand(string spec)
    {
        var at = spec.LastIndexOf('@');
        var colon = spec.IndexOf(':', StringComparison.Ordinal);
        if (at < 0 || colon < 0 || colon > at) return [spec];
        var options = spec[(colon + 1)..at].Split('+');
        if (!options.Contains(Both, StringComparer.Ordinal)) return [spec];
        var others = options.Where(o => o != Both).ToArray();
        return [With(others), With([.. others, "reference=drop"])];

        string With(string[] chosen) => string.Concat(spec.AsSpan(0, colon), chosen.Length == 0 ? "" : ":" + string.Join('+', chosen), spec.AsSpan(at));
    }

    /// <summary>Reads what stands between colon and at sign.</summary>
    /// <param name="text">The options.</param>
    /// <param name="where">Where they stand, for messages.</param>
    public static (LlmJudgeOptions Options, string? Exemplars, string? PointedOut) ParseOptions(string text, string where)
    {
        var options = new LlmJudgeOptions();
        string? exemplars = null, pointedOut = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in text.Split('+'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            if (!seen.Add(key is "score" or "expected" or "samples" ? "protocol" : key)) throw Fault($"{where}: '{part}' is the second of its kind. Leave one out.");
            switch (key, value)
            {
                case ("score", ""):
                    break;
                case ("expected", ""):
                    options = options with { Protocol = LlmProtocol.Expected };
                    break;
                case ("samples", _) when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n):
                    options = options with { Protocol = LlmProtocol.Samples, Samples = n };
                    break;
                case ("reference", "support"):
                    break;
                case ("reference", "drop"):
                    options = options with { DropsReference = true };
                    break;
                case ("repeat", _) when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var repeat):
                    options = options with { Repeat = repeat };
                    break;
                case ("repeat", _):
                    throw Fault($"{where}: write repeat=1 for the same question asked a second time, repeat=2 for a third.");
                case ("revise", _) when BiasNotes.IsRevision(part):
                    pointedOut = BiasNotes.Of(part, where);
                    break;
                case ("exemplars", { Length: > 0 }):
                    exemplars = value;
                    break;
                default:
                    throw Fault($"{where}: '{part}' is no protocol. Write score, expected or samples=5: RUBRIC@DEPLOYMENT, RUBRIC:expected@DEPLOYMENT, RUBRIC:samples=5@DEPLOYMENT. "
                        + "The other options are revise, repeat=1, reference=drop, reference=both and exemplars=NAME, with '+' between several.");
            }
        }

        return (options, exemplars, pointedOut);
    }

    private static OrchestrationException Fault(string message) => new(ErrorCodes.Usage, message);
}
