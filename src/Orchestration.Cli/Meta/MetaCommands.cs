using System.CommandLine;

namespace Orchestration.Cli.Meta;

/// <summary><c>orchestrate meta CHECK</c>: the judges judged.</summary>
internal static class MetaCommands
{
    public static Command Create(CliContext context) => new("meta", "Judges the judges: each check prints a table and what it means.")
    {
        AgreementCommand.Create(context),
        TruthCommand.Create(context),
        JudgeBenchCommand.Create(context),
        ConsistencyCommand.Create(context),
        BiasCommand.Create(context),
        EnsembleCommand.Create(context),
        RankCommand.Create(context),
        CalibrateCommand.Create(context),
        GateCommand.Create(context),
        DiversityCommand.Create(context),
        GroupsCommand.Create(context),
        NextCommand.Create(context),
        SurrogateCommand.Create(context),
        ReportCommand.Create(context),
    };
}
