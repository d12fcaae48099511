using System.CommandLine;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route</c>: routers trained, valued, replayed and explained offline; what the router did, its ledger and its quarantines.</summary>
internal static class RouteCommands
{
    public static Command Create(CliContext context) => new("route", "Routers: trained on judged history, valued on rows they have not seen, explained; what a running one did, and who is quarantined.")
    {
        RouteTrainCommand.Create(context),
        RouteEvalCommand.Create(context),
        RouteExplainCommand.Create(context),
        ReplayCommand.Create(context),
        LedgerExport.Create(context),
        RouterStatusCommand.Create(context),
        RouterRecordCommands.Show(context),
        RouterRecordCommands.Forget(context),
        QuarantineCommands.Quarantine(context),
        QuarantineCommands.Release(context),
    };
}
