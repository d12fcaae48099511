using System.CommandLine;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route</c>: routers trained, valued, replayed and explained offline; the ledger exported.</summary>
internal static class RouteCommands
{
    public static Command Create(CliContext context) => new("route", "Trains routers on judged history, values them on rows they have not seen, and says why they choose.")
    {
        RouteTrainCommand.Create(context),
        RouteEvalCommand.Create(context),
        RouteExplainCommand.Create(context),
        ReplayCommand.Create(context),
        LedgerExport.Create(context),
    };
}
