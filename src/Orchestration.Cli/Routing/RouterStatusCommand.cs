using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;
using Orchestration.Learning.Intervals;
using Spectre.Console;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route status</c>: quality by expert, judges, drift, quarantines, raters.</summary>
internal static class RouterStatusCommand
{
    public static Command Create(CliContext context)
    {
        var store = SweepCommands.StoreOption();
        var json = new Option<bool>("--json") { Description = "Standard output is one JSON object." };
        var command = new Command("status", "Quality by expert corrected for who was sent what, cost, failures; judges; drift; who is quarantined; what people say.") { store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var report = await RouterReporter.ReadAsync(host.Store.Routing, context.Time, null, cancellationToken);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(RouterJson.Line(report));
            else Write(context, report);
            return ExitStatus.Completed;
        });
        return command;
    }

    private static void Write(CliContext context, RouterReport report)
    {
        if (report.Experts.Count == 0)
        {
            context.Out.WriteLine("nothing was routed yet: 'orchestrate serve --help'");
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("expert", "quality, corrected", "of what it was sent", "judged", "routes", "failed", "explored", "USD", "latency s", "people");
        foreach (var e in report.Experts)
        {
            table.AddRow(
                Markup.Escape(e.Quarantine is null ? e.Expert : e.Expert + " (quarantined)"), Figure(e.Corrected), Figure(e.OfWhatItWasSent), Text($"{e.Judged}"), Text($"{e.Routes}"), Text($"{e.Failed}"), Text($"{e.Explored}"),
                Text($"{e.CostUsd:0.####}"), double.IsNaN(e.LatencySeconds) ? "" : Text($"{e.LatencySeconds:0.###}"), e.Ratings is { } r ? Text($"{r.Figure:0.##} ({r.Ratings})") : "");
        }

        context.Tables().Write(table);
        foreach (var e in report.Experts.Where(static e => e.NotCorrected is not null && e.Routes > 0)) context.Out.WriteLine($"{e.Expert}: no corrected figure: {e.NotCorrected}");
        context.Out.WriteLine("quality, corrected: had it answered everything that it could have answered (doubly robust, 95%). Of what it was sent: no measure of which is better, since others were sent other prompts.");
        foreach (var judge in report.Judges)
        {
            var unscored = judge.Unscored.Count == 0 ? "" : "; unscored: " + string.Join(", ", judge.Unscored.Select(static u => Text($"{u.Key} {u.Value}")));
            context.Out.WriteLine(Text($"judge {judge.Judge}{(judge.Quarantine is null ? "" : " (quarantined)")}: {judge.Scored} scored{(judge.Scored > 0 ? Text($", mean {judge.Mean:0.###}") : "")}{unscored}"));
        }

        foreach (var finding in report.Drift) context.Out.WriteLine($"drift: {finding}");
        foreach (var held in report.Quarantines.Held)
            context.Out.WriteLine($"quarantined: {(held.Kind == QuarantineKind.Judge ? "judge " : "")}{held.Name} by {held.By} at {held.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)}: {held.Reason}");
        foreach (var source in report.Sources.Where(static s => s.HeldBack is not null)) context.Out.WriteLine(Text($"held back: {source.Ratings} ratings of {source.Source}: {source.HeldBack}"));
        if (report.Dropped > 0) context.Out.WriteLine(Text($"{report.Dropped:N0} routes were dropped because a queue was full"));
        if (report.Waiting > 0) context.Out.WriteLine(Text($"{report.Waiting:N0} routes waited at silos that have not ended in order: lost, where they were killed"));
    }

    private static string Figure(Estimate e) => double.IsNaN(e.Value) ? "" : double.IsNaN(e.Lower) ? Text($"{e.Value:0.000}") : Text($"{e.Value:0.000} ({e.Lower:0.000} to {e.Upper:0.000})");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
