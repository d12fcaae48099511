using Orchestration.Core;
using Orchestration.Core.Aggregation;
using Orchestration.Simulation.Host;

namespace Orchestration.Simulation.InMemory;

/// <summary>Aggregator versions and settings as rows of memory.</summary>
internal sealed class AggregatorRows
{
    public List<(StoredAggregator Version, AggregatorHead Head)> Versions { get; } = [];

    public Dictionary<string, (AggregatorSetting Setting, long Change)> Settings { get; } = new(StringComparer.Ordinal);

    public List<ActivationAttempt> Attempts { get; } = [];

    public SortedDictionary<(string Name, string Active, string Other), LiveComparison> Comparisons { get; } = [];

    public long Changes { get; set; }

    public AggregatorSetting Setting(string name) => Settings.TryGetValue(name, out var found) ? found.Setting : new AggregatorSetting { Name = name };
}

/// <inheritdoc/>
internal sealed class InMemoryAggregatorCatalog(InMemoryOwner owner) : IAggregatorCatalog
{
    public ValueTask<bool> AddAsync(StoredAggregator version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        return owner.StepAsync(
            data =>
            {
                if (data.Aggregators.Versions.Exists(v => v.Head.Name == version.Name && v.Head.Id == version.Id)) return false;
                var copy = version with { Manifest = [.. version.Manifest], Weights = [.. version.Weights] };
                data.Aggregators.Versions.Add((copy, new AggregatorHead(version.Name, version.Id, version.Model, data.Time.GetUtcNow())));
                return true;
            },
            cancellationToken);
    }

    public ValueTask<StoredAggregator?> FindAsync(string id, string? name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        return owner.StepAsync(
            data => data.Aggregators.Versions.Where(v => v.Head.Id == id && (name is null || v.Head.Name == name))
                .OrderBy(static v => v.Head.Name, StringComparer.Ordinal).Select(static v => v.Version).FirstOrDefault(),
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<AggregatorHead>> ListAsync(string? name, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<AggregatorHead>>(
            data => [.. data.Aggregators.Versions.Select(static v => v.Head).Where(h => name is null || h.Name == name).Reverse()], cancellationToken);

    public ValueTask<AggregatorSetting> SettingAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return owner.StepAsync(data => data.Aggregators.Setting(name), cancellationToken);
    }

    public ValueTask<AggregatorSetting?> TryChangeAsync(long epoch, AggregatorSetting setting, ActivationAttempt? attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(setting);
        return owner.StepAsync(
            data =>
            {
                var rows = data.Aggregators;
                if (rows.Setting(setting.Name).Epoch != epoch && data.Planted != PlantedBug.ActiveWithoutEpoch) return null;
                if (setting.Named.FirstOrDefault(id => !rows.Versions.Exists(v => v.Head.Name == setting.Name && v.Head.Id == id)) is { } missing)
                    throw new OrchestrationException(ErrorCodes.NotFound, $"The aggregator '{setting.Name}' has no version {missing[..Math.Min(12, missing.Length)]}.");
                var changed = setting with { Epoch = epoch + 1 };
                rows.Settings[setting.Name] = (changed, ++rows.Changes);
                if (attempt is not null) rows.Attempts.Add(attempt with { At = data.Time.GetUtcNow() });
                return changed;
            },
            cancellationToken);
    }

    public async ValueTask RecordAsync(ActivationAttempt attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        await owner.StepAsync(
            data =>
            {
                data.Aggregators.Attempts.Add(attempt with { At = data.Time.GetUtcNow() });
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<ActivationAttempt>> AttemptsAsync(string name, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<ActivationAttempt>>(data => [.. data.Aggregators.Attempts.Where(a => a.Name == name).Reverse()], cancellationToken);

    public ValueTask<AggregatorChanges> ChangesAsync(long after, CancellationToken cancellationToken) =>
        owner.StepAsync(
            data =>
            {
                var changed = data.Aggregators.Settings.Where(s => s.Value.Change > after).OrderBy(static s => s.Key, StringComparer.Ordinal).ToArray();
                return new AggregatorChanges(changed.Length == 0 ? after : changed.Max(static s => s.Value.Change), [.. changed.Select(static s => s.Key)]);
            },
            cancellationToken);

    public async ValueTask WaitAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        var time = await owner.StepAsync(static data => data.Time, cancellationToken).ConfigureAwait(false);
        await Task.Delay(most, time, cancellationToken);
    }

    public async ValueTask AddComparisonAsync(string name, LiveComparison comparison, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(comparison);
        await owner.StepAsync(
            data =>
            {
                var key = (name, comparison.Active, comparison.Other);
                var rows = data.Aggregators.Comparisons;
                rows[key] = rows.TryGetValue(key, out var before) ? before.Plus(comparison) : comparison;
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public ValueTask<IReadOnlyList<LiveComparison>> ComparisonsAsync(string name, CancellationToken cancellationToken) =>
        owner.StepAsync<IReadOnlyList<LiveComparison>>(data => [.. data.Aggregators.Comparisons.Where(c => c.Key.Name == name).Select(static c => c.Value)], cancellationToken);
}
