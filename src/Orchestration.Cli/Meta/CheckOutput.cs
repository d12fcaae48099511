using System.CommandLine;
using System.Globalization;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.MetaEvaluation.Report;
using Orchestration.Core.Reports;
using Spectre.Console;

namespace Orchestration.Cli.Meta;

/// <summary>How checks are told: tables, sentences, files.</summary>
internal static class CheckOutput
{
    public static void Write(this CliContext context, ReportTable laid)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in laid.Columns)
        {
            var head = new TableColumn(Markup.Escape(column.Head));
            table.AddColumn(column.IsNumber ? head.RightAligned() : head);
        }

        foreach (var row in laid.Rows) table.AddRow([.. row.Select(Markup.Escape)]);
        context.Tables().Write(table);
    }

    public static async Task SayAsync(this CliContext context, IEnumerable<string> sentences)
    {
        foreach (var sentence in sentences) await context.Out.WriteLineAsync($"- {sentence}");
    }

    /// <summary>Tells what a check found: tables and sentences in their order, then a page and a line of JSON where they are asked for.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="result">What it found.</param>
    /// <param name="html">Where its page goes; null for nowhere.</param>
    /// <param name="json">True to end with one JSON object.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    public static async Task TellAsync(this CliContext context, CheckResult result, string? html, bool json, CancellationToken cancellationToken)
    {
        foreach (var part in result.Section.Parts)
        {
            if (part.Table is { } table) context.Write(table);
            foreach (var sentence in part.Sentences) await context.Out.WriteLineAsync(sentence);
        }

        foreach (var warning in result.Section.Warnings) await context.Out.WriteLineAsync(warning);
        await context.SayAsync(result.Section.Meaning);
        if (html is not null) await SaveAsync("--html", html, CheckPage.Of(result.Section, $"orchestrate meta {result.Section.Check}"), cancellationToken);
        if (json) await context.Out.WriteLineAsync(result.ToLine());
    }

    /// <summary>The option for a page, the same for all checks.</summary>
    public static Option<string?> HtmlOption() => new("--html") { Description = "Writes the check's section as one HTML page." };

    /// <summary>What a check's page says of its inputs.</summary>
    public static IReadOnlyList<CheckFact> Facts(IReadOnlyList<string> files, params (string Name, string Value)[] more) =>
        [new CheckFact("input", string.Join(", ", files)), .. more.Select(static m => new CheckFact(m.Name, m.Value))];

    public static async Task TellRejectsAsync(this CliContext context, FieldRows rows, string? path)
    {
        if (rows.Rejected == 0) return;
        await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows.Rejected:N0} rows rejected{(path is null ? "" : $": see {path}")}. The first: {rows.FirstReject}"));
    }

    public static async Task SaveAsync(string option, string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            await File.WriteAllTextAsync(path, text, new UTF8Encoding(false), cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"{option} {path} cannot be written: {e.Message}", e);
        }
    }

    public static double Between(string option, double value, double low, double high) => value > low && value < high
        ? value
        : throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"{option} {value}: more than {low} and less than {high}."));
}
