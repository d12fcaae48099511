using System.Runtime.CompilerServices;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Intervals;
using Orchestration.Learning.Models;

namespace Orchestration.Core.Aggregation.Serving;

/// <summary>A version that is ready to score. Immutable and safe for concurrent use.</summary>
public sealed class LoadedVersion
{
    private readonly ConditionalWeakTable<AggregatorColumns, VersionBinding> _bindings = [];

    private LoadedVersion(AggregatorVersion version, IScoreModel model, CrossConformal? intervals)
    {
        Version = version;
        Model = model;
        Intervals = intervals;
    }

    /// <summary>The level of intervals.</summary>
    public const double IntervalLevel = 0.9;

    /// <summary>What intervals are made from; null where the version has none.</summary>
    public CrossConformal? Intervals { get; }

    /// <summary>The version.</summary>
    public AggregatorVersion Version { get; }

    /// <summary>Its id.</summary>
    public string Id => Version.Id;

    /// <summary>Its judges, in the order of the model's inputs.</summary>
    public IReadOnlyList<AggregatorJudge> Judges => Version.Manifest.Basis.Judges;

    /// <summary>What a sweep that uses it fixes of it.</summary>
    public Sweeps.FixedAggregator Fixed => new(
        Version.Manifest.Name, Id, [.. Judges.Select(static j => j.Name)], Version.Manifest.Basis.Target.Min, Version.Manifest.Basis.Target.Max);

    /// <summary>Its model.</summary>
    public IScoreModel Model { get; }

    /// <summary>Makes a version's model.</summary>
    /// <exception cref="OrchestrationException">This build does not know the model, or its weights do not fit (<see cref="ErrorCodes.Store"/>).</exception>
    public static LoadedVersion Load(AggregatorVersion version)
    {
        ArgumentNullException.ThrowIfNull(version);
        try
        {
            var model = ScoreModels.Restore(version.Model);
            var judges = version.Manifest.Basis.Judges.Count;
            if (model.Judges != judges) throw new ArgumentException($"Its model takes {model.Judges} judges and its manifest names {judges}.", nameof(version));
            var intervals = version.Parts.TryGetValue(AggregatorVersion.IntervalPart, out var state) ? CrossConformal.Restore(state) : null;
            if (intervals is not null && intervals.Judges != judges) throw new ArgumentException($"Its intervals are of {intervals.Judges} judges and its manifest names {judges}.", nameof(version));
            return new LoadedVersion(version, model, intervals);
        }
        catch (ArgumentException e)
        {
            throw new OrchestrationException(
                ErrorCodes.Store, $"Version {version.ShortId} of the aggregator '{version.Manifest.Name}' cannot be used: {e.Message.TrimEnd('.')}. Use the build that trained it ({version.Manifest.Build ?? "unknown"}), or train again.", e);
        }
    }

    /// <summary>Reads a stored version and makes its model.</summary>
    /// <exception cref="OrchestrationException">Damaged, or not known to this build.</exception>
    public static LoadedVersion Load(StoredAggregator stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        var place = $"the stored version {AggregatorVersion.Short(stored.Id)} of the aggregator '{stored.Name}'";
        return Load(AggregatorVersion.Read($"The manifest of {place}", stored.Manifest, $"The weights of {place}", stored.Weights));
    }

    /// <summary>How this version reads these columns; worked out once for each.</summary>
    public VersionBinding Bind(AggregatorColumns columns) => _bindings.GetValue(columns, c => VersionBinding.Of(this, c));

    /// <summary>Scores a batch.</summary>
    /// <param name="binding">This version's binding to the request's columns; it does not refuse.</param>
    /// <param name="request">The batch.</param>
    public AggregatorReply Score(VersionBinding binding, AggregatorRequest request)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(request);
        var columns = request.Columns.Columns.Count;
        var rows = columns == 0 ? 0 : request.Scores.Length / columns;
        if (rows * columns != request.Scores.Length) throw new ArgumentException($"{request.Scores.Length} scores are no rows of {columns} columns.", nameof(request));
        if (!request.Pairs.IsEmpty && request.Pairs.Length != rows) throw new ArgumentException($"{request.Pairs.Length} hashes for {rows} rows.", nameof(request));
        var ends = Intervals is not null && request.WithIntervals ? rows : 0;
        var reply = new AggregatorReply { Versions = [Id], Scores = new double[rows], Coverage = new double[rows], Lower = new double[ends], Upper = new double[ends] };
        binding.Predict(request.Scores.Span, reply.Scores, reply.Coverage, request.MinCoverage, reply.Lower, reply.Upper);
        return reply;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Version.Manifest.Name} {Version.ShortId}";
}
