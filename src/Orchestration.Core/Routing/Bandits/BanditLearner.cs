using System.Security.Cryptography;
using System.Text;
using Orchestration.Learning.Bandits;

namespace Orchestration.Core.Routing.Bandits;

/// <summary>
/// Turns rewards into the next version of a bandit's policy. Rewards may come late, twice and in any order: for each answer the one that was said last counts, with the
/// weight of the time it was decided on, and once. Safe for concurrent use; the policies that it gives are immutable and may be used beside it.
/// </summary>
/// <remarks>
/// Processes that follow one feed of rewards reach the same policies, to the bit and to the version. Sums of processes that each saw other
/// answers may be added up by <see cref="Merge"/>.
/// </remarks>
public sealed class BanditLearner
{
    private readonly Lock _gate = new();
    private readonly BanditSettings _settings;
    private readonly IPromptFeatures _features;
    private readonly Dictionary<string, int> _arms;
    private readonly BanditStatistics _statistics;
    private readonly Dictionary<Hash128, Counted> _counted = [];
    private readonly PriorityQueue<Hash128, (DateTimeOffset, Hash128)> _oldest = new();
    private DateTimeOffset _forgotten = DateTimeOffset.MinValue;
    private BanditIntake _intake;
    private BanditPolicy? _snapshot;

    /// <summary>A learner that knows nothing, or what was learned before.</summary>
    /// <param name="settings">What the bandit is made of.</param>
    /// <param name="features">What turns prompts into numbers: at most 256.</param>
    /// <param name="learned">Sums to begin with, of as many arms as there are experts and in their order; copied. Null for none.</param>
    /// <exception cref="OrchestrationException">Settings out of range, too many features, or sums that do not fit.</exception>
    public BanditLearner(BanditSettings settings, IPromptFeatures features, BanditStatistics? learned = null)
    {
        settings.Check();
        if (features.Dimension is < 0 or > 256) throw new OrchestrationException(ErrorCodes.Configuration, $"Policy '{settings.Name}' learns from at most 256 features; there are {features.Dimension}.");
        var halfLife = settings.HalfLife?.TotalSeconds ?? double.PositiveInfinity;
        if (learned is not null && (learned.Arms != settings.Experts.Count || learned.Dimension != features.Dimension || !learned.HalfLife.Equals(halfLife)))
            throw new OrchestrationException(ErrorCodes.Configuration, $"What policy '{settings.Name}' learned before is of other experts, features or another half-life. Let it learn anew.");
        (_settings, _features) = (settings, features);
        _arms = settings.Experts.Select(static (name, i) => (name, i)).ToDictionary(static e => e.name, static e => e.i, StringComparer.Ordinal);
        _statistics = learned?.Clone() ?? new BanditStatistics(settings.Experts.Count, features.Dimension, halfLife);
    }

    /// <summary>What became of all rewards so far.</summary>
    public BanditIntake Intake
    {
        get
        {
            lock (_gate) return _intake;
        }
    }

    /// <summary>Takes rewards.</summary>
    /// <returns>What became of these.</returns>
    public BanditIntake Take(IEnumerable<BanditReward> rewards)
    {
        lock (_gate)
        {
            var before = _intake;
            foreach (var reward in rewards) _intake += One(reward);
            if (_intake.Taken != before.Taken || _intake.Replaced != before.Replaced) _snapshot = null;
            return new BanditIntake(
                _intake.Taken - before.Taken, _intake.Replaced - before.Replaced, _intake.Repeated - before.Repeated, _intake.TooLate - before.TooLate, _intake.Foreign - before.Foreign);
        }
    }

    /// <summary>The policy of all rewards so far. The same one until another reward counts.</summary>
    public BanditPolicy Snapshot()
    {
        lock (_gate) return _snapshot ??= new BanditPolicy(_settings, _features, _statistics);
    }

    /// <summary>A copy of the sums, to be stored or added up elsewhere.</summary>
    public BanditStatistics Statistics()
    {
        lock (_gate) return _statistics.Clone();
    }

    /// <summary>Adds up what another process learned from answers that this one never hears of.</summary>
    /// <param name="other">Of the same experts in the same order, features and half-life.</param>
    public void Merge(BanditStatistics other)
    {
        lock (_gate)
        {
            _statistics.Merge(other);
            _snapshot = null;
        }
    }

    private static double Seconds(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).TotalSeconds;

    private BanditIntake One(BanditReward reward)
    {
        if (!_arms.TryGetValue(reward.Expert, out var arm) || reward.FeaturesVersion != _features.Version || reward.Features.Count != _features.Dimension
            || !(reward.Quality is >= 0 and <= 1) || !(reward.Weight is > 0 and <= 1000))
            return new BanditIntake(0, 0, 0, 0, Foreign: 1);
        Span<float> features = stackalloc float[reward.Features.Count];
        for (var i = 0; i < features.Length; i++)
        {
            features[i] = reward.Features[i];
            if (!float.IsFinite(features[i])) return new BanditIntake(0, 0, 0, 0, Foreign: 1);
        }

        var key = Key(reward);
        var at = Seconds(reward.DecidedAt);
        var now = new Counted(reward.Quality, reward.Weight, reward.RatedAt, at);
        if (_counted.TryGetValue(key, out var before))
        {
            if (!now.IsAfter(before)) return new BanditIntake(0, 0, Repeated: 1, 0, 0);
            _statistics.Add(arm, features, before.Quality, -before.Weight, before.At);
            _statistics.Add(arm, features, now.Quality, now.Weight, now.At);
            _counted[key] = now;
            return new BanditIntake(0, Replaced: 1, 0, 0, 0);
        }

        if (reward.DecidedAt <= _forgotten) return new BanditIntake(0, 0, 0, TooLate: 1, 0);
        _statistics.Add(arm, features, now.Quality, now.Weight, now.At);
        _counted.Add(key, now);
        _oldest.Enqueue(key, (reward.DecidedAt, key));
        if (_counted.Count > _settings.Remembered && _oldest.TryDequeue(out var oldest, out var place))
        {
            // Whatever was decided on before this can no longer be told from what was counted.
            _counted.Remove(oldest);
            if (place.Item1 > _forgotten) _forgotten = place.Item1;
        }

        return new BanditIntake(Taken: 1, 0, 0, 0, 0);
    }

    private static Hash128 Key(BanditReward reward)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{reward.RouteId}\n{reward.Expert}"), hash);
        return Hash128.FromBytes(hash);
    }

    private readonly record struct Counted(double Quality, double Weight, DateTimeOffset RatedAt, double At)
    {
        /// <summary>Later said; of two said at once the larger, so that their order of arrival does not matter.</summary>
        public bool IsAfter(Counted other) =>
            RatedAt != other.RatedAt ? RatedAt > other.RatedAt : !Quality.Equals(other.Quality) ? Quality > other.Quality : Weight > other.Weight;
    }
}
