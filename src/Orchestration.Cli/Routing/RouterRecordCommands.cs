using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Routing;
using Spectre.Console;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route show|forget</c>: what is kept of one route.</summary>
internal static class RouterRecordCommands
{
    public static Command Show(CliContext context)
    {
        var id = IdArgument();
        var store = SweepCommands.StoreOption();
        var json = new Option<bool>("--json") { Description = "Standard output is one JSON object." };
        var command = new Command("show", "One route: who was asked, why, by which chance; what came of it, what judges and people say.") { id, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var route = await host.Store.Routing.FindAsync(parsed.GetValue(id)!, cancellationToken) ?? throw Unknown(parsed.GetValue(id)!);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(RouterJson.Line(route));
            else Write(context, route);
            return ExitStatus.Completed;
        });
        return command;
    }

    public static Command Forget(CliContext context)
    {
        var id = IdArgument();
        var store = SweepCommands.StoreOption();
        var command = new Command("forget", "Deletes what is kept of one route: decision, texts, scores, ratings. Totals keep counting it.") { id, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            if (!await host.Store.Routing.DeleteAsync(parsed.GetValue(id)!, cancellationToken)) throw Unknown(parsed.GetValue(id)!);
            await host.Store.Access.RecordAsync(new Core.Access.AuditEntry(Environment.UserName, "router.forget", parsed.GetValue(id)!), cancellationToken);
            await context.Out.WriteLineAsync($"{parsed.GetValue(id)} is forgotten");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Argument<string> IdArgument() => new("id") { Description = "The route's id: r_ and 26 letters and digits, as the header x-orchestration-route says it." };

    private static OrchestrationException Unknown(string id) => RouteId.TryParse(id, out _)
        ? new OrchestrationException(ErrorCodes.NotFound, $"Nothing is kept of {id} in this store: it was never routed here, is too old, was deleted, or has not been written yet.")
        : new OrchestrationException(ErrorCodes.Usage, $"'{id}' is no route's id: r_ and 26 letters and digits.");

    private static void Write(CliContext context, RouteRecord route)
    {
        var decision = route.Decision;
        context.Out.WriteLine($"{decision.Id}  {decision.At.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}");
        context.Out.WriteLine(Text($"asked: {string.Join(", then ", decision.Choice.Experts)} ({Kind(decision.Choice.Kind)})"));
        context.Out.WriteLine($"why: {decision.Choice.Reason}{(decision.Policy.Length == 0 ? "" : $" (policy {decision.Policy}, version {decision.PolicyVersion[..Math.Min(12, decision.PolicyVersion.Length)]})")}");
        context.Out.WriteLine(Text($"chance of asking {decision.Expert} first: {decision.Probability:0.####}{(decision.IsExploration ? ", drawn at random" : "")}"));
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("expert", "predicted quality", "interval", "cost USD", "chance");
        foreach (var e in decision.Choice.Estimates)
            table.AddRow(Markup.Escape(e.Expert), Number(e.Quality), double.IsNaN(e.Lower) ? "" : $"{Number(e.Lower)} to {Number(e.Upper)}", e.CostUsd is { } cost ? Text($"{cost:0.######}") : "", Text($"{e.Probability:0.####}"));
        context.Tables().Write(table);
        foreach (var excluded in decision.Excluded) context.Out.WriteLine($"not on offer: {excluded.Expert}: {excluded.Reason}");
        if (route.Outcome is { } outcome)
        {
            foreach (var step in outcome.Steps)
                context.Out.WriteLine(Text($"{step.Role}: {step.Expert}, status {step.Status}, {step.CostUsd:0.######} USD, {step.Latency.TotalSeconds:0.###} s{(step.Problem is null ? "" : ": " + step.Problem)}"));
            context.Out.WriteLine(Text($"answered by {outcome.AnsweredBy ?? "nobody"}: status {outcome.Status}, {outcome.CostUsd:0.######} USD, {outcome.Latency.TotalSeconds:0.###} s"));
            if (outcome.Prompt is not null) context.Out.WriteLine($"prompt: {outcome.Prompt}");
            if (outcome.Answer is not null) context.Out.WriteLine($"answer: {outcome.Answer}");
        }

        if (route.AggregatorVersion is not null)
        {
            var interval = route.Interval is { } i ? Text($", {i.Lower:0.###} to {i.Upper:0.###}") : "";
            context.Out.WriteLine(route.Score is { } score ? Text($"judged: {score:0.###}{interval} by {route.AggregatorVersion}") : "judged, and nobody scored it");
            foreach (var (judge, said) in route.Scores) context.Out.WriteLine(Text($"  {judge}: {said:0.###}"));
            foreach (var (judge, why) in route.Unscored) context.Out.WriteLine($"  {judge}: {why}");
        }

        foreach (var rating in route.Feedback) context.Out.WriteLine(Text($"rated {rating.Rating:0.###} by {rating.Source}{(rating.Comment is null ? "" : ": " + rating.Comment)}"));
    }

    private static string Kind(PlanKind kind) => kind switch { PlanKind.Single => "one", PlanKind.Cascade => "cascade", PlanKind.BestOf => "best of several", _ => "fusion of several" };

    private static string Number(double value) => double.IsNaN(value) ? "" : value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
