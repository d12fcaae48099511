using System.CommandLine;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta agreement|truth|judgebench|ensemble|rank</c>: the judges judged.</summary>
internal static class MetaCommands
{
    public static Command Create(CliContext context) => new("meta", "Judges the judges: agreement, truth behind ratings, accuracy on labelled comparisons, ensembles, rankings.")
    {
        AgreementCommand.Create(context), TruthCommand.Create(context), JudgeBenchCommand.Create(context), EnsembleCommand.Create(context), RankCommand.Create(context),
    };
}
