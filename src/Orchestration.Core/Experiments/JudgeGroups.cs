using System.Globalization;
using Orchestration.Core.Aggregation.Training;
using Orchestration.Learning.Robustness;

namespace Orchestration.Core.Experiments;

/// <summary>Judges that are taken away together.</summary>
/// <param name="Name">What they are called.</param>
/// <param name="Judges">Their numbers, two at least and not all.</param>
public sealed record JudgeGroup(string Name, IReadOnlyList<int> Judges)
{
    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>Groups of judges: stated, by what their names have in common, and by what their scores have.</summary>
public static class JudgeGroups
{
    /// <summary>Least mean correlation of a cluster's judges.</summary>
    public const double Correlated = 0.7;

    private static readonly char[] Separators = [':', '@', '/', '|'];

    /// <summary>Groups as stated: <c>NAME=a,b,…</c>.</summary>
    /// <param name="stated">One text a group.</param>
    /// <param name="judges">Names of all judges.</param>
    /// <exception cref="OrchestrationException">A text is not of that form, or names a judge that is not there (<see cref="ErrorCodes.Usage"/>).</exception>
    public static IReadOnlyList<JudgeGroup> Parse(IReadOnlyList<string> stated, IReadOnlyList<string> judges)
    {
        ArgumentNullException.ThrowIfNull(stated);
        ArgumentNullException.ThrowIfNull(judges);
        var groups = new List<JudgeGroup>();
        foreach (var text in stated)
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            if (at < 1) throw new OrchestrationException(ErrorCodes.Usage, $"--judge-groups {text}: write NAME=JUDGE,JUDGE,…");
            var members = new SortedSet<int>();
            foreach (var name in text[(at + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var judge = Enumerable.Range(0, judges.Count).FirstOrDefault(j => judges[j] == name, -1);
                if (judge < 0) throw new OrchestrationException(ErrorCodes.Usage, $"--judge-groups {text}: there is no judge '{name}' in these rows. There are: {string.Join(", ", judges)}.");
                members.Add(judge);
            }

            if (members.Count == 0 || members.Count == judges.Count) throw new OrchestrationException(ErrorCodes.Usage, $"--judge-groups {text}: a group has one judge at least, and not all of them.");
            groups.Add(new JudgeGroup(text[..at], [.. members]));
        }

        return groups;
    }

    /// <summary>
    /// Groups that nobody had to state: judges whose names begin or end alike, cut at ':', '@', '/' or '|' (<c>coherence:*</c>, <c>*|rts</c>), and clusters of judges whose
    /// scores correlate by <see cref="Correlated"/> or more on average. Sets that were met before are left out.
    /// </summary>
    /// <param name="set">The rows.</param>
    public static IReadOnlyList<JudgeGroup> Find(TrainingSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        string[] names = [.. set.Judges.Select(static j => j.Name)];
        var groups = new List<JudgeGroup>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var separator in Separators)
        {
            Add(names.Select(n => n.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? $"{n[..at]}{separator}*" : null));
            Add(names.Select(n => n.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? $"*{n[at..]}" : null));
        }

        var cluster = 0;
        foreach (var members in JudgeClusters.Find(ExperimentBench.Scores(set).Scores, names.Length, Correlated))
        {
            if (members.Length < 2 || members.Length == names.Length) continue;
            if (known.Add(string.Join(',', members))) groups.Add(new JudgeGroup(string.Create(CultureInfo.InvariantCulture, $"cluster {++cluster} ({members.Length} judges)"), members));
        }

        return groups;

        void Add(IEnumerable<string?> keys)
        {
            foreach (var group in keys.Select((key, judge) => (Key: key, Judge: judge)).Where(static k => k.Key is not null).GroupBy(static k => k.Key!, StringComparer.Ordinal))
            {
                int[] members = [.. group.Select(static k => k.Judge)];
                if (members.Length >= 2 && members.Length < names.Length && known.Add(string.Join(',', members))) groups.Add(new JudgeGroup(group.Key, members));
            }
        }
    }
}
