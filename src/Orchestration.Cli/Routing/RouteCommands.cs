using System.CommandLine;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route …</c>: routing models, policies and the ledger.</summary>
internal static class RouteCommands
{
    public static Command Create(CliContext context) => new("route", "Routing: policies valued and bandits replayed offline, the ledger exported.")
    {
        EvalCommand.Create(context),
        ReplayCommand.Create(context),
        LedgerExport.Create(context),
    };
}
