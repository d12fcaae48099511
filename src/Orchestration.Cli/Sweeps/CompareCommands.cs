using System.CommandLine;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Cli.Sweeps;

/// <summary><c>orchestrate compare run</c>; a comparison sweep is listed, shown and resumed by <c>orchestrate sweep</c>.</summary>
internal static class CompareCommands
{
    public static Command Create(CliContext context) => new("compare", "Judge which of two answers is better, in both orders.")
    {
        SweepCommands.Run(context, DataKind.Comparisons, "Judges comparisons in both orders and writes verdicts.jsonl, rejects.jsonl and summary.json. List and resume it with 'orchestrate sweep'."),
    };
}
