using System.Globalization;
using Orchestration.Core.Aggregation.Versions;
using Orchestration.Learning.Selection;

namespace Orchestration.Core.Aggregation.Activation;

/// <summary>A version as somebody named it.</summary>
/// <param name="Name">The aggregator's name.</param>
/// <param name="Id">The whole id.</param>
public sealed record AggregatorChoice(string Name, string Id);

/// <summary>How an activation ended.</summary>
/// <param name="Active">True where the version is active now.</param>
/// <param name="Reason">Why, or why not.</param>
/// <param name="Setting">The setting as it is now.</param>
public sealed record ActivationResult(bool Active, string Reason, AggregatorSetting Setting);

/// <summary>What may be done with the versions of a catalog, and how: names are resolved, activations obey the test, everything is on record.</summary>
public sealed class AggregatorRegistry(IAggregatorCatalog catalog)
{
    private const int LeastPrefix = 4;

    /// <summary>Adds a version; one that is there already is left as it is.</summary>
    /// <returns>True where it is new.</returns>
    public ValueTask<bool> AddAsync(AggregatorVersion version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        return catalog.AddAsync(
            new StoredAggregator(version.Manifest.Name, version.Id, version.Manifest.Basis.Recipe, version.Manifest.ToJson(), version.Weights), cancellationToken);
    }

    /// <summary>Finds what is meant by NAME (its active version), NAME@VERSION or VERSION; a version by the first digits of its id.</summary>
    /// <exception cref="OrchestrationException">Nothing, or more than one thing, is called so (<see cref="ErrorCodes.NotFound"/>, <see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<AggregatorChoice> ResolveAsync(string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(text);
        var heads = await catalog.ListAsync(null, cancellationToken);
        if (heads.Any(h => h.Name == text))
        {
            var setting = await catalog.SettingAsync(text, cancellationToken);
            return setting.Active is { } active
                ? new AggregatorChoice(text, active)
                : throw new OrchestrationException(ErrorCodes.NotFound, $"No version of the aggregator '{text}' is active. Name one of its versions ({Ids(heads.Where(h => h.Name == text))}), or activate one: orchestrate aggregator activate {text}@{AggregatorVersion.Short(heads.First(h => h.Name == text).Id)}");
        }

        var at = text.IndexOf('@', StringComparison.Ordinal);
        var (name, prefix) = at < 0 ? (null, text) : (text[..at], text[(at + 1)..]);
        var found = heads.Where(h => (name is null || h.Name == name) && prefix.Length >= LeastPrefix && h.Id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)).ToArray();
        return found.Select(static h => h.Id).Distinct(StringComparer.Ordinal).Count() switch
        {
            1 => new AggregatorChoice(found.OrderBy(static h => h.Name, StringComparer.Ordinal).First().Name, found[0].Id),
            0 => throw new OrchestrationException(
                ErrorCodes.NotFound,
                heads.Count == 0
                    ? $"There is no aggregator '{text}': this store has none yet. 'orchestrate train' makes one, 'orchestrate aggregator import' takes one in."
                    : $"There is no aggregator or version '{text}' in this store. There are: {Names(heads)}. A version is named by at least {LeastPrefix} digits of its id."),
            _ => throw new OrchestrationException(ErrorCodes.Usage, $"'{text}' is the beginning of several versions: {Ids(found)}. Give more digits."),
        };
    }

    /// <summary>Puts a decision into effect that was made under a setting: the version is made active where it passed or is forced, and otherwise the refusal is recorded.</summary>
    /// <param name="decidedUnder">The setting that the test compared with.</param>
    /// <param name="version">The version's id.</param>
    /// <param name="verdict">What the test found; null where it was not made, which only a forced activation may be.</param>
    /// <param name="forceReason">Why it is to be active whatever the test says; null where it is not forced.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OrchestrationException">Somebody else changed the setting since (<see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<ActivationResult> ActivateAsync(
        AggregatorSetting decidedUnder, string version, ActivationVerdict? verdict, string? forceReason, string? by, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(decidedUnder);
        if (verdict is null && string.IsNullOrWhiteSpace(forceReason)) throw new ArgumentException("An activation has a verdict or is forced with a reason.", nameof(verdict));
        if (decidedUnder.Active == version) return new ActivationResult(true, "it was active already", decidedUnder);
        var passed = verdict?.Passed == true;
        var reason = passed ? verdict!.Sentence : string.IsNullOrWhiteSpace(forceReason) ? verdict!.Sentence : forceReason;
        var attempt = new ActivationAttempt(
            decidedUnder.Name, version, decidedUnder.Active, passed ? AttemptOutcome.Accepted : string.IsNullOrWhiteSpace(forceReason) ? AttemptOutcome.Refused : AttemptOutcome.Forced, reason, by);
        if (attempt.Outcome == AttemptOutcome.Refused)
        {
            await catalog.RecordAsync(attempt, cancellationToken);
            return new ActivationResult(false, reason, decidedUnder);
        }

        IEnumerable<string> earlier = [.. decidedUnder.Earlier, decidedUnder.Active ?? ""];
        var next = decidedUnder with
        {
            Active = version,
            Earlier = [.. earlier.TakeLast(AggregatorSetting.MaxEarlier)],
            Shadow = decidedUnder.Shadow == version ? null : decidedUnder.Shadow,
            Canary = decidedUnder.Canary == version ? null : decidedUnder.Canary,
            CanaryShare = decidedUnder.Canary == version ? 0 : decidedUnder.CanaryShare,
        };
        var changed = await catalog.TryChangeAsync(decidedUnder.Epoch, next, attempt, cancellationToken)
            ?? throw Stale(decidedUnder.Name);
        return new ActivationResult(true, reason, changed);
    }

    /// <summary>Goes back to the version that was active before the present one; repeated, further back.</summary>
    /// <exception cref="OrchestrationException">There is nothing to go back to (<see cref="ErrorCodes.Usage"/>).</exception>
    public async ValueTask<AggregatorSetting> RollbackAsync(string name, string? reason, string? by, CancellationToken cancellationToken)
    {
        while (true)
        {
            var setting = await catalog.SettingAsync(name, cancellationToken);
            if (setting.Earlier.Count == 0)
                throw new OrchestrationException(ErrorCodes.Usage, $"There is nothing to roll back: no version of the aggregator '{name}' was active before{(setting.Active is null ? "" : $" {AggregatorVersion.Short(setting.Active)}")}.");
            var before = setting.Earlier[^1].Length == 0 ? null : setting.Earlier[^1];
            var next = setting with { Active = before, Earlier = [.. setting.Earlier.Take(setting.Earlier.Count - 1)] };
            var attempt = new ActivationAttempt(name, before, setting.Active, AttemptOutcome.RolledBack, reason ?? "rolled back", by);
            if (await catalog.TryChangeAsync(setting.Epoch, next, attempt, cancellationToken) is { } changed) return changed;
        }
    }

    /// <summary>Sets or ends the shadow.</summary>
    public ValueTask<AggregatorSetting> ShadowAsync(string name, string? version, CancellationToken cancellationToken) =>
        ChangeAsync(name, setting => setting with { Shadow = version }, cancellationToken);

    /// <summary>Sets or ends the canary.</summary>
    /// <param name="name">The aggregator.</param>
    /// <param name="version">The version; null ends it.</param>
    /// <param name="share">Share of the pairs, more than 0 and at most 1.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask<AggregatorSetting> CanaryAsync(string name, string? version, double share, CancellationToken cancellationToken)
    {
        if (version is not null && !(share is > 0 and <= 1))
            throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"--share {share}: the canary's share of the pairs, more than 0 and at most 1."));
        return ChangeAsync(name, setting => setting with { Canary = version, CanaryShare = version is null ? 0 : share }, cancellationToken);
    }

    private async ValueTask<AggregatorSetting> ChangeAsync(string name, Func<AggregatorSetting, AggregatorSetting> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var setting = await catalog.SettingAsync(name, cancellationToken);
            var next = change(setting);
            if (setting.Active is null && (next.Shadow ?? next.Canary) is not null)
                throw new OrchestrationException(ErrorCodes.Usage, $"No version of the aggregator '{name}' is active, so there is nothing to run beside. Activate one first.");
            if (next == setting) return setting;
            if (await catalog.TryChangeAsync(setting.Epoch, next, null, cancellationToken) is { } changed) return changed;
        }
    }

    private static OrchestrationException Stale(string name) => new(
        ErrorCodes.Usage, $"Somebody else changed the aggregator '{name}' while this was decided: the decision was against what is active no more. Nothing was changed; give the command again.");

    private static string Names(IReadOnlyList<AggregatorHead> heads) => string.Join(", ", heads.Select(static h => h.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(20));

    private static string Ids(IEnumerable<AggregatorHead> heads) => string.Join(", ", heads.Select(static h => AggregatorVersion.Short(h.Id)).Distinct(StringComparer.Ordinal).Take(10));
}
