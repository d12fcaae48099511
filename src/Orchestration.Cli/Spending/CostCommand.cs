using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Core;
using Orchestration.Core.Spending;
using Spectre.Console;

namespace Orchestration.Cli.Spending;

/// <summary><c>orchestrate cost</c>: the store's money by sweep, judge and deployment.</summary>
internal static class CostCommand
{
    public static Command Create(CliContext context)
    {
        var sweep = new Argument<string?>("sweep") { Arity = ArgumentArity.ZeroOrOne, Description = "One sweep; all of them where none is named." };
        var by = new Option<string[]>("--by") { Description = "What to add up by: sweep, judge, deployment, or several of them. All three by default.", AllowMultipleArgumentsPerToken = true };
        by.AcceptOnlyFromAmong("sweep", "judge", "deployment");
        var store = Sweeps.SweepCommands.StoreOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a line, the total last." };
        var command = new Command("cost", "What was spent, by sweep, judge and deployment.") { sweep, by, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var id = parsed.GetValue(sweep);
            if (id is not null && await host.Store.Sweeps.FindAsync(id, cancellationToken) is null)
                throw new OrchestrationException(ErrorCodes.NotFound, $"There is no sweep '{id}' in this store. 'orchestrate sweep list' shows those there are.");
            var wanted = parsed.GetValue(by) is { Length: > 0 } some ? some : ["sweep", "judge", "deployment"];
            var rows = AddUp(await host.Store.Spending.ListAsync(id, cancellationToken), wanted);
            if (parsed.GetValue(json)) await WriteLinesAsync(context, rows, wanted);
            else WriteTable(context, rows, wanted);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static List<SpendEntry> AddUp(IReadOnlyList<SpendEntry> entries, string[] by) =>
    [
        .. entries
            .GroupBy(e => (
                Payer: by.Contains("sweep") ? e.Payer : "",
                Judge: by.Contains("judge") ? e.Purpose.Judge : "",
                Deployment: by.Contains("deployment") ? e.Purpose.Deployment : ""))
            .Select(g => new SpendEntry(g.Key.Payer, new SpendPurpose(g.Key.Judge, g.Key.Deployment), g.Sum(e => e.Calls), g.Sum(e => e.SettledUsd), g.Sum(e => e.UnknownUsd))),
    ];

    private static void WriteTable(CliContext context, List<SpendEntry> rows, string[] by)
    {
        if (rows.Count == 0)
        {
            context.Out.WriteLine("nothing was spent: no call was made on anybody's account");
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in by) table.AddColumn(name);
        foreach (var name in new[] { "calls", "settled", "unknown" }) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in rows) table.AddRow([.. by.Select(name => Markup.Escape(Label(row, name))), .. Figures(row)]);
        table.AddEmptyRow();
        table.AddRow([.. by.Select((_, i) => i == 0 ? "total" : ""), .. Figures(Total(rows))]);
        context.Tables().Write(table);
        if (rows.Any(r => r.UnknownUsd > 0)) context.Out.WriteLine("unknown: attempts whose usage never arrived, charged at their upper bound");
    }

    private static async Task WriteLinesAsync(CliContext context, List<SpendEntry> rows, string[] by)
    {
        foreach (var row in rows) await context.Out.WriteLineAsync(Line(row, by));
        await context.Out.WriteLineAsync(Line(Total(rows), []));
    }

    private static string Line(SpendEntry row, string[] by)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var name in by) writer.WriteString(name, Label(row, name));
            writer.WriteNumber("calls", row.Calls);
            writer.WriteNumber("settled_usd", row.SettledUsd);
            writer.WriteNumber("unknown_usd", row.UnknownUsd);
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static SpendEntry Total(List<SpendEntry> rows) =>
        new("", SpendPurpose.None, rows.Sum(r => r.Calls), rows.Sum(r => r.SettledUsd), rows.Sum(r => r.UnknownUsd));

    private static string Label(SpendEntry row, string name) => name switch { "sweep" => row.Payer, "judge" => row.Purpose.Judge, _ => row.Purpose.Deployment };

    private static string[] Figures(SpendEntry row) =>
    [
        row.Calls.ToString("N0", CultureInfo.InvariantCulture),
        string.Create(CultureInfo.InvariantCulture, $"${row.SettledUsd:0.00####}"),
        string.Create(CultureInfo.InvariantCulture, $"${row.UnknownUsd:0.00####}"),
    ];
}
