using Orchestration.Core.Aggregation.Serving;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Activation;

/// <summary>What the test of an activation found.</summary>
/// <param name="Verdict">Whether the version may be made active, and why.</param>
/// <param name="Notes">What who asks should know of it.</param>
public sealed record TestedActivation(ActivationVerdict Verdict, IReadOnlyList<string> Notes);

/// <summary>
/// The test of promise 8, made again for a version that is stored: against mean-then-fit and against what is active now, on the rows that the version was
/// trained on, which are read again and must be the same.
/// </summary>
public static class StoredActivationTest
{
    /// <summary>Makes the test. Takes processors for seconds to minutes.</summary>
    /// <param name="catalog">Where the active version is.</param>
    /// <param name="version">The version that is to become active.</param>
    /// <param name="setting">What is active now.</param>
    /// <param name="files">Where the rows are now; empty where they are where they were.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">The rows are not there, or are others (<see cref="ErrorCodes.Input"/>).</exception>
    public static async Task<TestedActivation> RunAsync(
        IAggregatorCatalog catalog, AggregatorVersion version, AggregatorSetting setting, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(version);
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(files);
        var basis = version.Manifest.Basis;
        IReadOnlyList<string> paths = files.Count != 0 ? files : [.. version.Manifest.Inputs.Select(static i => i.Path)];
        if (paths.FirstOrDefault(static p => !File.Exists(p)) is { } gone)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"The test needs the rows that version {version.ShortId} was trained on, and there is no file {gone}. Name where they are now with --scores, or use --force --reason TEXT.");
        }

        var input = new TrainingInput
        {
            Files = paths,
            Target = basis.Target.Field,
            Group = basis.Training.GroupField,
            Weight = basis.Training.WeightField,
            Part = basis.Training.PartField,
            Judges = [.. basis.Judges.Select(static j => j.Name)],
        };
        var set = TrainingSet.Under(TrainingReader.Read(input, cancellationToken), input, basis.Judges);
        if (set.Facts.Sha256 != basis.Training.Sha256)
        {
            throw new OrchestrationException(
                ErrorCodes.Input,
                $"{string.Join(", ", paths)} {(paths.Count == 1 ? "holds" : "hold")} other rows than version {version.ShortId} was trained on. Name the same ones with --scores, train on these, or use --force --reason TEXT.");
        }

        var active = setting.Active is { } id && await catalog.FindAsync(id, setting.Name, cancellationToken) is { } stored ? LoadedVersion.Load(stored) : null;
        var settings = new TrainSettings
        {
            Name = setting.Name,
            Models = [basis.Recipe],
            Folds = basis.Folds,
            Repeats = basis.Repeats,
            Seed = basis.Seed,
            RandomFolds = basis.RandomFolds,
            Monotone = basis.Monotone,
            OnlyDecision = true,
            MaxThreads = Environment.ProcessorCount,
        };
        var trained = AggregatorTrainer.Train(set, settings, active, [], cancellationToken);
        return new TestedActivation(trained.Report.Activation, trained.Notes);
    }
}
