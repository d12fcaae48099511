using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Access;
using Spectre.Console;

namespace Orchestration.Cli.Keys;

/// <summary><c>orchestrate audit</c>: who changed what, and when.</summary>
internal static class AuditCommand
{
    public static Command Create(CliContext context)
    {
        var subject = new Argument<string?>("subject") { Arity = ArgumentArity.ZeroOrOne, Description = "Only changes of this: a key's id, an aggregator, an expert, a sweep." };
        var last = new Option<int>("--last") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 50 };
        var store = SweepCommands.StoreOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a line." };
        var command = new Command("audit", "Who changed what, and when: keys, configuration, aggregator versions, sweeps, quarantine. Newest first.") { subject, last, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(last) is < 1 or > 1000) throw new OrchestrationException(ErrorCodes.Usage, "--last: entries, 1 to 1000.");
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var entries = await host.Store.Access.AuditAsync(new AuditQuery(parsed.GetValue(last), null, parsed.GetValue(subject)), cancellationToken);
            if (parsed.GetValue(json))
            {
                foreach (var entry in entries) await context.Out.WriteLineAsync(Line(entry));
                return ExitStatus.Completed;
            }

            if (entries.Count == 0)
            {
                await context.Out.WriteLineAsync("nothing was changed");
                return ExitStatus.Completed;
            }

            var table = new Table { Border = TableBorder.Simple };
            foreach (var column in new[] { "when (UTC)", "who", "what", "of", "before", "after" }) table.AddColumn(column);
            foreach (var entry in entries)
            {
                table.AddRow(
                    entry.At.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Markup.Escape(entry.By), entry.Action, Markup.Escape(entry.Subject), Markup.Escape(entry.Before ?? ""), Markup.Escape(entry.After ?? ""));
            }

            context.Tables().Write(table);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static string Line(AuditEntry entry)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("number", entry.Number);
            writer.WriteString("at", entry.At);
            writer.WriteString("by", entry.By);
            writer.WriteString("action", entry.Action);
            writer.WriteString("subject", entry.Subject);
            writer.WriteString("before", entry.Before);
            writer.WriteString("after", entry.After);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
