using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestration.Core.MetaEvaluation.Kept;

namespace Orchestration.Silo.Judging;

/// <summary>What the last bias probe said of one judge and one bias.</summary>
/// <param name="Judge">The judge's column.</param>
/// <param name="Bias">Which, as <c>orchestrate meta bias</c> names it.</param>
/// <param name="Against">What the judgments are held against.</param>
/// <param name="Rows">Rows with all judgments that it takes.</param>
/// <param name="Prompts">Prompts that they are of.</param>
/// <param name="Unscored">Rows of which a judgment is missing, and which are no part of the figures.</param>
/// <param name="Shift">How far the judge is moved, 0 where it is not; null where that is not defined.</param>
/// <param name="Unit"><c>scale</c>: shares of the scale; <c>deviations</c>: standard deviations of its scores.</param>
/// <param name="PCorrected">Whether the shift is other than 0, corrected for all lines of its probe; null where that is not defined.</param>
/// <param name="Sure">True where it surely is.</param>
/// <param name="Helps">Mitigations that surely help.</param>
/// <param name="At">When the probe ended, UTC.</param>
/// <param name="Build">The program's version that made it.</param>
internal sealed record JudgeProbeLine(
    string Judge, string Bias, string Against, int Rows, int Prompts, int Unscored, ProbeShift? Shift, string Unit, double? PCorrected, bool Sure, IReadOnlyList<string> Helps, DateTimeOffset At, string Build);

/// <summary>A shift with its 95% interval.</summary>
internal sealed record ProbeShift(double Value, double? Lower, double? Upper);

/// <summary>Reads what bias probes left in the store.</summary>
internal static class JudgeProbes
{
    private const int MostChecks = 10;

    /// <summary>Nothing where another version of the program, or another hand, wrote what cannot be read here: the other probes are shown all the same.</summary>
    private static IReadOnlyList<KeptBiasLine> Read(string result)
    {
        try
        {
            return JsonSerializer.Deserialize(result, ProbeResultJson.Default.KeptBias)?.Lines ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>The newest line of each judge and bias, by judge and size of the shift.</summary>
    public static async Task<IReadOnlyList<JudgeProbeLine>> ReadAsync(ICheckLog checks, CancellationToken cancellationToken)
    {
        var newest = new Dictionary<(string, string, string), JudgeProbeLine>();
        foreach (var check in await checks.ListAsync(MostChecks, cancellationToken))
        {
            if (check.Check != "bias") continue;
            foreach (var line in Read(check.Result))
            {
                newest.TryAdd(
                    (line.Judge, line.Bias, line.Against),
                    new JudgeProbeLine(
                        line.Judge, line.Bias, line.Against, line.Rows, line.Prompts, line.Unscored, line.Shift, line.Unit, line.PCorrected, line.Sure,
                        [.. line.Mitigations.Where(static m => m.Helps).Select(static m => m.Name)], check.At, check.Build));
            }
        }

        return
        [
            .. newest.Values.OrderBy(static l => l.Judge, StringComparer.Ordinal).ThenByDescending(static l => l.Sure).ThenByDescending(static l => Math.Abs(l.Shift?.Value ?? 0))
                .ThenBy(static l => l.Bias, StringComparer.Ordinal).ThenBy(static l => l.Against, StringComparer.Ordinal),
        ];
    }
}

/// <summary>As much of <c>meta bias --json</c> as is shown; other programs' versions may write more.</summary>
internal sealed record KeptBias(IReadOnlyList<KeptBiasLine> Lines);

/// <summary>One of its lines.</summary>
internal sealed record KeptBiasLine(
    string Judge, string Bias, string Against, int Rows, int Prompts, int Unscored, ProbeShift? Shift, string Unit, double? PCorrected, bool Sure, IReadOnlyList<KeptMitigation> Mitigations);

/// <summary>What is left under a mitigation.</summary>
internal sealed record KeptMitigation(string Name, bool Helps);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptBias))]
internal sealed partial class ProbeResultJson : JsonSerializerContext;
