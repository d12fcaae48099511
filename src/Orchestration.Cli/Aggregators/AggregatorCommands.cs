using System.CommandLine;
using System.Globalization;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Keys;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Versions;
using Spectre.Console;

namespace Orchestration.Cli.Aggregators;

/// <summary><c>orchestrate aggregator list|show|diff|explain|activate|rollback|shadow|canary|export|import</c>.</summary>
internal static class AggregatorCommands
{
    private const string VersionHelp = "NAME (its active version), NAME@VERSION, or VERSION: the first digits of its id.";

    public static Command Create(CliContext context) => new("aggregator", "Learned aggregators: their versions, which one is active, and how to change that under a running system.")
    {
        List(context), Show(context), Diff(context), ExplainCommand.Create(context), ActivateCommand.Create(context), Rollback(context), Shadow(context), Canary(context), Export(context), Import(context),
    };

    /// <summary>The argument that names a version.</summary>
    public static Argument<string> VersionArgument(string name = "version") => new(name) { Description = VersionHelp };

    /// <summary>The version that was named.</summary>
    public static async Task<AggregatorVersion> FindAsync(EmbeddedHost host, AggregatorChoice choice, CancellationToken cancellationToken)
    {
        var stored = (await host.Store.Aggregators.FindAsync(choice.Id, choice.Name, cancellationToken))!;
        var place = $"stored version {AggregatorVersion.Short(choice.Id)} of '{choice.Name}'";
        return AggregatorVersion.Read($"The manifest of the {place}", stored.Manifest, $"The weights of the {place}", stored.Weights);
    }

    private static Option<bool> JsonOption() => new("--json") { Description = "End standard output with one JSON object." };

    private static Argument<string> NameArgument() => new("name") { Description = "Name of the aggregator." };

    private static Command List(CliContext context)
    {
        var name = new Argument<string?>("name") { Description = "Only this aggregator.", Arity = ArgumentArity.ZeroOrOne };
        var (store, json) = (SweepCommands.StoreOption(), JsonOption());
        var command = new Command("list", "All versions of a store, newest first.") { name, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var catalog = host.Store.Aggregators;
            var heads = await catalog.ListAsync(parsed.GetValue(name), cancellationToken);
            var settings = new Dictionary<string, AggregatorSetting>(StringComparer.Ordinal);
            foreach (var aggregator in heads.Select(static h => h.Name).Distinct(StringComparer.Ordinal)) settings.Add(aggregator, await catalog.SettingAsync(aggregator, cancellationToken));
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("aggregator", "version", "model", "added", "state");
            foreach (var head in heads)
            {
                table.AddRow(
                    Markup.Escape(head.Name), AggregatorVersion.Short(head.Id), Markup.Escape(head.Model), head.AddedAt.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
                    AggregatorViews.State(settings[head.Name], head.Id));
            }

            if (heads.Count == 0) await context.Out.WriteLineAsync("no versions yet: 'orchestrate train --help'");
            else context.Tables().Write(table);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(AggregatorViews.ListLine(heads, settings));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Show(CliContext context)
    {
        var (version, store, json) = (VersionArgument(), SweepCommands.StoreOption(), JsonOption());
        var command = new Command("show", "One version: what it was trained from, its judges, its figures; the attempts on its name, and what shadow and canary show.") { version, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var catalog = host.Store.Aggregators;
            var choice = await new AggregatorRegistry(catalog).ResolveAsync(parsed.GetValue(version)!, cancellationToken);
            var found = await FindAsync(host, choice, cancellationToken);
            var setting = await catalog.SettingAsync(choice.Name, cancellationToken);
            var attempts = await catalog.AttemptsAsync(choice.Name, cancellationToken);
            var comparisons = await catalog.ComparisonsAsync(choice.Name, cancellationToken);
            AggregatorViews.Show(context, found, setting, attempts, comparisons);
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(AggregatorViews.ShowLine(found, setting, attempts, comparisons));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Diff(CliContext context)
    {
        var (one, two) = (VersionArgument("first"), VersionArgument("second"));
        var (store, json) = (SweepCommands.StoreOption(), JsonOption());
        var command = new Command("diff", "What tells two versions apart.") { one, two, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var registry = new AggregatorRegistry(host.Store.Aggregators);
            var first = await FindAsync(host, await registry.ResolveAsync(parsed.GetValue(one)!, cancellationToken), cancellationToken);
            var second = await FindAsync(host, await registry.ResolveAsync(parsed.GetValue(two)!, cancellationToken), cancellationToken);
            AggregatorViews.Diff(context, first, second, parsed.GetValue(json));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Rollback(CliContext context)
    {
        var (name, store, json) = (NameArgument(), SweepCommands.StoreOption(), JsonOption());
        var reason = new Option<string?>("--reason") { Description = "Recorded with it." };
        var command = new Command("rollback", "Makes active what was active before; once more, what was active before that.") { name, reason, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var wanted = parsed.GetValue(name)!;
            var before = await host.Store.Aggregators.SettingAsync(wanted, cancellationToken);
            var setting = await new AggregatorRegistry(host.Store.Aggregators).RollbackAsync(wanted, parsed.GetValue(reason), AggregatorViews.User(context), cancellationToken);
            await host.Store.Access.RecordAsync(AggregatorAudit.Change(KeyCommands.Who(), "aggregator.rollback", before, setting), CancellationToken.None);
            await context.Out.WriteLineAsync(setting.Active is { } id ? $"version {AggregatorVersion.Short(id)} of '{setting.Name}' is active again" : $"no version of '{setting.Name}' is active any more");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(AggregatorViews.SettingLine(setting));
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Shadow(CliContext context)
    {
        var (version, store, json) = (VersionArgument(), SweepCommands.StoreOption(), JsonOption());
        var off = OffOption();
        var command = new Command("shadow", "Scores a version beside the active one, without ever returning its scores; 'aggregator show' compares both.") { version, off, store, json };
        command.SetAction((parsed, cancellationToken) => BesideAsync(
            context, "shadow", parsed.GetValue(store), parsed.GetValue(version)!, parsed.GetValue(off), parsed.GetValue(json),
            (registry, choice) => registry.ShadowAsync(choice.Name, parsed.GetValue(off) ? null : choice.Id, cancellationToken), cancellationToken));
        return command;
    }

    private static Command Canary(CliContext context)
    {
        var (version, store, json) = (VersionArgument(), SweepCommands.StoreOption(), JsonOption());
        var off = OffOption();
        var share = new Option<double>("--share") { Description = "Share of the pairs that get its scores, chosen by hash of the pair.", DefaultValueFactory = _ => 0.05 };
        var command = new Command("canary", "Returns a version's scores for a share of the pairs; 'aggregator show' compares both.") { version, share, off, store, json };
        command.SetAction((parsed, cancellationToken) => BesideAsync(
            context, "canary", parsed.GetValue(store), parsed.GetValue(version)!, parsed.GetValue(off), parsed.GetValue(json),
            (registry, choice) => registry.CanaryAsync(choice.Name, parsed.GetValue(off) ? null : choice.Id, parsed.GetValue(share), cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> BesideAsync(
        CliContext context, string action, string? store, string version, bool off, bool json, Func<AggregatorRegistry, AggregatorChoice, ValueTask<AggregatorSetting>> change, CancellationToken cancellationToken)
    {
        await using var host = await EmbeddedHost.OpenAsync(context, null, store, cancellationToken);
        var registry = new AggregatorRegistry(host.Store.Aggregators);
        var isName = off && (await host.Store.Aggregators.ListAsync(version, cancellationToken)).Count != 0;
        var choice = isName ? new AggregatorChoice(version, "") : await registry.ResolveAsync(version, cancellationToken);
        var before = await host.Store.Aggregators.SettingAsync(choice.Name, cancellationToken);
        var setting = await change(registry, choice);
        await host.Store.Access.RecordAsync(AggregatorAudit.Change(KeyCommands.Who(), "aggregator." + action, before, setting), CancellationToken.None);
        await context.Out.WriteLineAsync(AggregatorViews.Beside(setting));
        if (json) await context.Out.WriteLineAsync(AggregatorViews.SettingLine(setting));
        return ExitStatus.Completed;
    }

    private static Option<bool> OffOption() => new("--off") { Description = "End it." };

    private static Command Export(CliContext context)
    {
        var (version, store) = (VersionArgument(), SweepCommands.StoreOption());
        var folder = new Option<string>("--out", "-o") { Description = "Folder to write to.", Required = true };
        var command = new Command("export", $"Writes a version as {AggregatorFolder.ManifestFile} and {AggregatorFolder.WeightsFile}.") { version, folder, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var found = await FindAsync(host, await new AggregatorRegistry(host.Store.Aggregators).ResolveAsync(parsed.GetValue(version)!, cancellationToken), cancellationToken);
            var target = Path.GetFullPath(parsed.GetValue(folder)!);
            AggregatorFolder.Write(target, found);
            await context.Out.WriteLineAsync($"version {found.ShortId} of '{found.Manifest.Name}' in {target}");
            return ExitStatus.Completed;
        });
        return command;
    }

    private static Command Import(CliContext context)
    {
        var folder = new Argument<string>("folder") { Description = $"Folder with {AggregatorFolder.ManifestFile} and {AggregatorFolder.WeightsFile}." };
        var name = new Option<string?>("--name", "-n") { Description = "Name to take it in under. Default: its own." };
        var (store, json) = (SweepCommands.StoreOption(), JsonOption());
        var command = new Command("import", "Takes an exported version into the store. It is not made active by that.") { folder, name, store, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var version = AggregatorFolder.Read(parsed.GetValue(folder)!);
            if (parsed.GetValue(name) is { } other) version = version.Renamed(other);
            Core.Aggregation.Serving.LoadedVersion.Load(version);
            await using var host = await EmbeddedHost.OpenAsync(context, null, parsed.GetValue(store), cancellationToken);
            var isNew = await new AggregatorRegistry(host.Store.Aggregators).AddAsync(version, cancellationToken);
            await context.Out.WriteLineAsync($"version {version.ShortId} of '{version.Manifest.Name}' {(isNew ? "is in the store" : "was in the store already")}");
            if (parsed.GetValue(json)) await context.Out.WriteLineAsync(AggregatorViews.ImportLine(version, isNew));
            return ExitStatus.Completed;
        });
        return command;
    }
}
