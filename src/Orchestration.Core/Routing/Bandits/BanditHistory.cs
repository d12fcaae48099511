using System.Globalization;
using Orchestration.Learning.Bandits;

namespace Orchestration.Core.Routing.Bandits;

/// <summary>What a bandit can know before its first reward: a judged history in which every expert answered.</summary>
public static class BanditHistory
{
    /// <summary>The sums of a history, to begin a <see cref="BanditLearner"/> with. They are of no time: with a half-life they count as of the Unix epoch's first second and are soon forgotten.</summary>
    /// <param name="settings">The bandit.</param>
    /// <param name="features">Turns prompts into numbers: the learner's.</param>
    /// <param name="rows">The history; experts that the bandit does not have are left out, and those that it lacks begin with nothing.</param>
    /// <param name="weight">What a row counts, above 0 to 1,000; a reward counts 1.</param>
    /// <exception cref="OrchestrationException">A weight out of its range (<see cref="ErrorCodes.Usage"/>).</exception>
    public static BanditStatistics Of(BanditSettings settings, IPromptFeatures features, ReplayRows rows, double weight)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (!(weight is > 0 and <= 1000)) throw new OrchestrationException(ErrorCodes.Usage, string.Create(CultureInfo.InvariantCulture, $"A row of history cannot count {weight}: more than 0 and at most 1,000."));
        var sums = new BanditStatistics(settings.Experts.Count, features.Dimension, settings.HalfLife?.TotalSeconds ?? double.PositiveInfinity);
        var numbers = new float[features.Dimension];
        var places = settings.Experts.Select(e => IndexOf(rows.Experts, e)).ToArray();
        for (var i = 0; i < rows.Prompts.Count; i++)
        {
            features.Fill(new RoutingPrompt(rows.Prompts[i]), numbers);
            for (var k = 0; k < places.Length; k++)
            {
                if (places[k] >= 0) sums.Add(k, numbers, rows.Quality[i * rows.Experts.Count + places[k]], weight, 0);
            }
        }

        return sums;
    }

    private static int IndexOf(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] == name) return i;
        }

        return -1;
    }
}
