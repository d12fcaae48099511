using System.CommandLine;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Keys;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Selection;

namespace Orchestration.Cli.Aggregators;

/// <summary><c>orchestrate aggregator activate</c>: the test is made again against what is active now, on the rows that the version was trained on.</summary>
internal static class ActivateCommand
{
    public static Command Create(CliContext context)
    {
        var version = AggregatorCommands.VersionArgument();
        var scores = new Option<string[]>("--scores", "-s") { Description = "The files it was trained on, where they have moved.", AllowMultipleArgumentsPerToken = true };
        var force = new Option<bool>("--force") { Description = "Whatever the test says; needs --reason." };
        var reason = new Option<string?>("--reason") { Description = "Why; recorded." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var store = SweepCommands.StoreOption();
        var command = new Command(
            "activate", "Makes a version active if its out-of-fold gain over mean-then-fit is surely above 0 and it is not significantly worse than what is active. Every attempt is recorded; exit status 1 where it is refused.")
        {
            version, scores, force, reason, store, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var forced = parsed.GetValue(force);
            if (forced && string.IsNullOrWhiteSpace(parsed.GetValue(reason)))
                throw new OrchestrationException(ErrorCodes.Usage, "--force needs --reason TEXT: it is recorded with the activation.");
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var catalog = host.Store.Aggregators;
            var registry = new AggregatorRegistry(catalog);
            var choice = await registry.ResolveAsync(parsed.GetValue(version)!, cancellationToken);
            var found = await AggregatorCommands.FindAsync(host, choice, cancellationToken);
            LoadedVersion.Load(found);
            var setting = await catalog.SettingAsync(choice.Name, cancellationToken);
            var verdict = forced || setting.Active == choice.Id ? null : await DecideAsync(context, catalog, found, setting, parsed.GetValue(scores) ?? [], cancellationToken);
            var result = await registry.ActivateAsync(
                setting, choice.Id, verdict, forced ? parsed.GetValue(reason) : setting.Active == choice.Id ? "active already" : null, AggregatorViews.User(context), cancellationToken);
            await host.Store.Access.RecordAsync(AggregatorAudit.Activation(KeyCommands.Who(), choice.Name, setting, choice.Id, result), CancellationToken.None);
            await context.Out.WriteLineAsync($"version {AggregatorVersion.Short(choice.Id)} of '{choice.Name}' is {(result.Active ? "active" : "not active")}: {result.Reason}");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(AggregatorViews.ActivationLine(choice, result, forced));
            return result.Active ? ExitStatus.Completed : ExitStatus.Unsatisfied;
        });
        return command;
    }

    private static async Task<ActivationVerdict> DecideAsync(
        CliContext context, IAggregatorCatalog catalog, AggregatorVersion version, AggregatorSetting setting, string[] files, CancellationToken cancellationToken)
    {
        var tested = await StoredActivationTest.RunAsync(catalog, version, setting, files, cancellationToken);
        foreach (var note in tested.Notes) await context.Error.WriteLineAsync(note);
        return tested.Verdict;
    }
}
