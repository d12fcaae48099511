using System.Globalization;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.MetaEvaluation;
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
