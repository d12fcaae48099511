using System.Globalization;
using Orchestration.Core.Aggregation;
using Orchestration.Core.Aggregation.Activation;
using Orchestration.Core.Aggregation.Serving;

namespace Orchestration.Core.Sweeps;

/// <summary>Fixes a sweep's learned aggregator at its start, and sees that it can score the sweep's judges before any of them is asked.</summary>
public sealed class SweepAggregator(IAggregatorCatalog catalog)
{
    private LoadedVersion? _version;

    /// <summary>What a sweep fixes.</summary>
    /// <param name="asked">NAME (its active version), NAME@VERSION or VERSION; null or <c>mean</c> for the mean.</param>
    /// <param name="followActive">True where the sweep is to follow what is active under the name.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null for the mean.</returns>
    /// <exception cref="OrchestrationException">There is none of that name, or a version was named where only a name can be followed.</exception>
    public async Task<FixedAggregator?> FixAsync(string? asked, bool followActive, CancellationToken cancellationToken)
    {
        if (asked is not { } text || text == MeanScore.Version) return null;
        var choice = await new AggregatorRegistry(catalog).ResolveAsync(text, cancellationToken);
        _version = LoadedVersion.Load((await catalog.FindAsync(choice.Id, choice.Name, cancellationToken))!);
        if (!followActive) return _version.Fixed;
        return text == choice.Name
            ? _version.Fixed with { Version = null, Judges = [] }
            : throw new OrchestrationException(ErrorCodes.Usage, $"--follow-active follows a name, and '{text}' is one version. Name the aggregator: --aggregator {choice.Name}");
    }

    /// <summary>Refuses before anything is judged or bought.</summary>
    /// <param name="definition">The sweep.</param>
    /// <param name="isWhole">False as long as columns of recorded files are not known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">The version refuses these judges, or too few of those that it was trained on are there.</exception>
    public async Task CheckAsync(SweepDefinition definition, bool isWhole, CancellationToken cancellationToken)
    {
        if (definition.Learned is not { } learned) return;
        _version ??= LoadedVersion.Load((await catalog.FindAsync(learned.Version!, learned.Name, cancellationToken))!);
        if (definition.Columns.Count == 0) return;
        var binding = _version.Bind(SweepColumns.Of(definition));
        if (binding.Refusal is { } refusal && (isWhole || binding.Present != 0)) throw new OrchestrationException(ErrorCodes.Configuration, refusal);
        if (!isWhole) return;
        var share = (double)binding.Present / _version.Judges.Count;
        if (share < definition.MinCoverage)
        {
            throw new OrchestrationException(
                ErrorCodes.Usage,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_version} was trained on {_version.Judges.Count} judges, of which {binding.Present} are in this sweep: no row would reach --min-coverage {definition.MinCoverage}. Add {string.Join(", ", binding.Absent.Take(5))}{(binding.Absent.Count > 5 ? " …" : "")}, lower --min-coverage, or leave --aggregator out."));
        }
    }
}
