using System.CommandLine;
using Orchestration.Cli.Meta;
using Orchestration.Cli.Sweeps;
using Orchestration.Core;

namespace Orchestration.Cli.Routing;

/// <summary><c>orchestrate route eval</c>: what policies are worth.</summary>
internal static class EvalCommand
{
    public static Command Create(CliContext context)
    {
        var ledger = new LedgerOptions();
        var policy = new Option<string[]>("--policy") { Description = "Policies of the configuration (router.policies) to be valued.", AllowMultipleArgumentsPerToken = true };
        var config = SweepCommands.ConfigOption();
        var folds = new Option<int>("--folds") { Description = "Folds of whole prompts for cross-fitting.", DefaultValueFactory = _ => 5 };
        var seed = new Option<ulong>("--seed") { Description = "Seed of everything random.", DefaultValueFactory = _ => 0 };
        var rejects = new Option<string?>("--rejects") { Description = "File for bad rows. Default: they are counted, and the first is shown." };
        var json = new Option<bool>("--json") { Description = "End standard output with one JSON object." };
        var command = new Command("eval", "Values policies offline.") { policy, config, folds, seed, rejects, json };
        ledger.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            var files = ledger.Ledger(parsed) ?? throw new OrchestrationException(ErrorCodes.Usage, "Nothing to value policies on. Name logged decisions with --ledger.");
            return LedgerEval.RunAsync(
                context,
                LedgerEval.Question(files, parsed.GetValue(config), parsed.GetValue(policy) ?? [], ledger.Values(parsed, MetaOptions.Within("--folds", parsed.GetValue(folds), 2, 1000), parsed.GetValue(seed))) with
                {
                    Rejects = parsed.GetValue(rejects),
                    Json = parsed.GetValue(json),
                },
                cancellationToken);
        });
        return command;
    }
}
