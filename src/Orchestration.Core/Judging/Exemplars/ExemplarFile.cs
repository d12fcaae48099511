using System.Globalization;
using System.Text.Json;
using Orchestration.Core.Configuration;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Judging.Exemplars;

/// <summary>
/// Reads a pool: JSON lines of <c>{prompt, answer, target}</c>, or of <c>{prompt, answer_a, answer_b, label}</c>, with <c>group</c> where it is not the prompt.
/// A bad row is a fault: what judges learn from is looked at by people first.
/// </summary>
internal static class ExemplarFile
{
    private const string Wanted = "pairs with a target, or comparisons with a label";

    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Input"/>: the file cannot be read, a row is bad, or there is too much of it.</exception>
    public static ExemplarSet Read(ExemplarsConfig config)
    {
        var rows = new List<Exemplar>();
        var characters = 0L;
        var report = RowSource.Read(new RowInput { Files = [config.File] }, Wanted, row => Take(row, config, rows, ref characters), CancellationToken.None);
        if (report.Rejected != 0) throw Fault(config, $"a row is no exemplar. {report.FirstReject}");
        if (rows.Count > ExemplarSet.MaxRows || characters > ExemplarSet.MaxCharacters)
        {
            throw Fault(config, string.Create(CultureInfo.InvariantCulture,
                $"it has {rows.Count:N0} rows of {characters:N0} characters, and a pool is kept with every sweep: at most {ExemplarSet.MaxRows:N0} rows and {ExemplarSet.MaxCharacters:N0} characters. Take a part of it."));
        }

        return rows.Exists(r => r.AnswerB is null) && rows.Exists(r => r.AnswerB is not null)
            ? throw Fault(config, "it holds pairs and comparisons. Keep them in two files.")
            : new ExemplarSet(config.Name, config.Count, rows, config.Min, config.Max);
    }

    private static RowFault? Take(JsonElement row, ExemplarsConfig config, List<Exemplar> rows, ref long characters)
    {
        if (RowSource.Text(row, "prompt") is not { } prompt) return RowSource.Missing(row, "prompt");
        var group = RowSource.Text(row, "group") ?? PairHash.Group(prompt);
        Exemplar exemplar;
        if (row.TryGetProperty("answer_a", out _))
        {
            if (RowSource.Text(row, "answer_a") is not { } first) return RowSource.Missing(row, "answer_a");
            if (RowSource.Text(row, "answer_b") is not { } second) return RowSource.Missing(row, "answer_b");
            if (RowSource.Text(row, "label") is not { } text) return RowSource.Missing(row, "label");
            if (PreferenceText.Parse(text) is not { } label) return RowRules.UnknownLabel("label");
            exemplar = new Exemplar(prompt, first, second, group, (int)label);
        }
        else
        {
            if (RowSource.Text(row, "answer") is not { } answer) return RowSource.Missing(row, "answer");
            if (!row.TryGetProperty("target", out var target) || target.ValueKind != JsonValueKind.Number || !target.TryGetDouble(out var label) || !double.IsFinite(label))
                return new RowFault(RejectReason.WrongType, "The field 'target' is no finite number; it is the score that people gave this answer.");
            if (label < config.Min || label > config.Max)
                return new RowFault(RejectReason.WrongType, string.Create(CultureInfo.InvariantCulture, $"The target {label} is off the scale of {config.Min} to {config.Max} that is stated for these exemplars."));
            exemplar = new Exemplar(prompt, answer, null, group, label);
        }

        characters += exemplar.Prompt.Length + exemplar.Answer.Length + (exemplar.AnswerB?.Length ?? 0);

        // What is too much is not gathered either.
        if (rows.Count <= ExemplarSet.MaxRows && characters <= ExemplarSet.MaxCharacters) rows.Add(exemplar);
        return null;
    }

    private static OrchestrationException Fault(ExemplarsConfig config, string what) =>
        new(ErrorCodes.Input, $"exemplars.{config.Name}: {config.File} cannot be used: {what}");
}
