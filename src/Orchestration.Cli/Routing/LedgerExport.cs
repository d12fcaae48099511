using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Routing.Valuing;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route export</c>: the ledger's decisions as JSON lines.</summary>
internal static class LedgerExport
{
    private const int PageRows = 2000;

    public static Command Create(CliContext context)
    {
        var store = SweepCommands.StoreOption();
        var output = new Option<string?>("--out", "-o") { Description = "File to write. Default: standard output." };
        var judged = new Option<bool>("--judged") { Description = "Only decisions that have a reward." };
        var command = new Command("export", "Writes the decisions of the router's ledger as JSON lines, with what came of them: what 'route eval --ledger' reads.") { store, output, judged };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var written = 0L;
            var path = parsed.GetValue(output);
            await using var stream = path is null ? null : Open(path);
            using var lines = new MemoryStream();
            await using var writer = new Utf8JsonWriter(lines);
            await foreach (var route in RoutesAsync(context, parsed.GetValue(store), cancellationToken))
            {
                if (parsed.GetValue(judged) && route.Reward is null) continue;
                lines.SetLength(0);
                writer.Reset();
                route.WriteTo(writer);
                await writer.FlushAsync(cancellationToken);
                lines.WriteByte((byte)'\n');
                if (stream is not null) await stream.WriteAsync(lines.GetBuffer().AsMemory(0, (int)lines.Length), cancellationToken);
                else await context.Out.WriteAsync(System.Text.Encoding.UTF8.GetString(lines.GetBuffer(), 0, (int)lines.Length).AsMemory(), cancellationToken);
                written++;
            }

            await context.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{written:N0} decisions{(path is null ? "" : $" in {path}")}"));
            return ExitStatus.Completed;
        });
        return command;
    }

    /// <summary>The decisions of a store's ledger in their order; requests that named an expert are left out, for nobody decided.</summary>
    public static async IAsyncEnumerable<LoggedRoute> RoutesAsync(CliContext context, string? store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var host = await EmbeddedHost.OpenAsync(context, null, store, cancellationToken);
        var after = 0L;
        while (true)
        {
            var page = await host.Store.Routing.ListAsync(after, PageRows, cancellationToken);
            if (page.Routes.Count == 0) yield break;
            foreach (var route in page.Routes)
            {
                if (LoggedRoute.Of(route) is { } logged) yield return logged;
            }

            after = page.Through;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16, useAsync: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Usage, $"--out {path} cannot be written: {e.Message}", e);
        }
    }
}
