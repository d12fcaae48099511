using System.CommandLine;
using Orchestration.Cli.Hosting;
using Orchestration.Cli.Sweeps;
using Orchestration.Core.Routing;
using Orchestration.Core.Routing.Loop;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route quarantine|release</c>.</summary>
internal static class QuarantineCommands
{
    public static Command Quarantine(CliContext context) => Change(
        context, "quarantine", "Takes an expert off offer, or leaves a judge out of what judges routed answers, in every silo within a second.", "Why; stands in the audit log and wherever it is shown.", isHeld: true);

    public static Command Release(CliContext context) => Change(
        context, "release", "Puts an expert back on offer, or a judge back; drift is watched anew from now on.", "Why; stands in the audit log.", isHeld: false);

    private static Command Change(CliContext context, string name, string description, string reasonHelp, bool isHeld)
    {
        var subject = new Argument<string>("name") { Description = "The expert; with --judge the judge, as results name it." };
        var judge = new Option<bool>("--judge") { Description = "It is a judge." };
        var reason = new Option<string>("--reason") { Description = reasonHelp, Required = true };
        var (config, store) = (SweepCommands.ConfigOption(), SweepCommands.StoreOption());
        var command = new Command(name, description) { subject, judge, reason, config, store };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var host = await EmbeddedHost.OpenAsync(context, parsed.GetValue(config), parsed.GetValue(store), cancellationToken);
            var kind = parsed.GetValue(judge) ? QuarantineKind.Judge : QuarantineKind.Expert;
            var wanted = parsed.GetValue(subject)!;
            if (isHeld && kind == QuarantineKind.Expert && host.Config.Router is { } router && router.Expert(wanted) is null)
                await context.Error.WriteLineAsync($"note: the configuration here has no expert '{wanted}': it has {string.Join(", ", router.Experts.Select(static e => e.Name))}");
            var list = await Quarantines.ChangeAsync(
                host.Store, new QuarantineChange(kind, wanted, isHeld, parsed.GetValue(reason)!, Environment.UserName), cancellationToken);
            await context.Out.WriteLineAsync($"{wanted} is {(isHeld ? "quarantined" : "released")}");
            if (list.Held.Count > 0) await context.Out.WriteLineAsync($"quarantined now: {string.Join(", ", list.Held.Select(static h => h.Kind == QuarantineKind.Judge ? $"judge {h.Name}" : h.Name))}");
            return ExitStatus.Completed;
        });
        return command;
    }
}
