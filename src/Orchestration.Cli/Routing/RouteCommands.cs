using System.CommandLine;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route …</c>: the router, its ledger and what was learned from it.</summary>
internal static class RouteCommands
{
    public static Command Create(CliContext context) => new("route", "The router: what it does with traffic, what judges and people say of it, who is quarantined.")
    {
        RouterStatusCommand.Create(context),
        RouterRecordCommands.Show(context),
        RouterRecordCommands.Forget(context),
        QuarantineCommands.Quarantine(context),
        QuarantineCommands.Release(context),
    };
}
