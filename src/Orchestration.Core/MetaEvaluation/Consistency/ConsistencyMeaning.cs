using System.Globalization;
using Orchestration.Learning.Intervals;

namespace Orchestration.Core.MetaEvaluation.Consistency;

/// <summary>What a study of consistency says, in sentences.</summary>
internal static class ConsistencyMeaning
{
    public static IReadOnlyList<string> Of(ConsistencyOutcome outcome)
    {
        var sentences = new List<string>
        {
            "'Same' is the share of judgments that stay what they were; 1 is a judge that is not moved by what should not matter. It says nothing of being right: a judge that always says the same is consistent.",
        };
        foreach (var line in outcome.Lines.Where(static l => l.Variant.Length == 0 && l.Rows != 0))
        {
            sentences.Add(line.Probe switch
            {
                ConsistencyProbe.Order => $"{line.Judge} says the same of two answers in both orders {Share(line.Same)} of the time; the rest depends on which is shown first.",
                ConsistencyProbe.Repeat => $"{line.Judge} says the same when asked again {Share(line.Same)} of the time{Apart(line)}: nothing that it says can be surer than that.",
                _ => $"{line.Judge} says the same {Share(line.Same)} of the time when {What(line.Probe)}{Apart(line)}{Beyond(line)}.",
            });
        }

        foreach (var cycle in outcome.Cycles)
        {
            sentences.Add(cycle.Triples == 0
                ? $"{cycle.Judge}: no three answers to one prompt have a strict preference in both orders between each two, so that there is nothing to go in circles."
                : $"{cycle.Judge} prefers in circles {Share(cycle.Cyclic)} of the time among three answers to a prompt (tossing a coin would 25%): where it does, no ranking agrees with it.");
        }

        var few = outcome.Lines.Where(static l => l.Rows != 0 && l.Prompts < 10).Select(static l => l.Judge).Distinct(StringComparer.Ordinal).ToArray();
        if (few.Length != 0) sentences.Add($"From fewer than 10 prompts in part: the intervals of {string.Join(", ", few)} are hardly worth having there.");
        var unscored = outcome.Lines.Where(static l => l.Variant.Length == 0).Sum(static l => (long)l.Unscored);
        if (unscored != 0) sentences.Add(string.Create(CultureInfo.InvariantCulture, $"{unscored:N0} times a judgment is missing on one side (unreadable, refused, no reply): counted, and neither agreement nor flip."));
        return sentences;
    }

    /// <summary>What the study comes to in one sentence: the judge and probe that stay the same least.</summary>
    public static string Headline(ConsistencyOutcome outcome)
    {
        var lines = outcome.Lines.Where(static l => l.Variant.Length == 0 && l.Rows != 0).OrderBy(static l => l.Same.Value).ToArray();
        if (lines.Length == 0) return "";
        var least = lines[0];
        var when = least.Probe switch
        {
            ConsistencyProbe.Order => "when the two answers are shown in the other order",
            ConsistencyProbe.Repeat => "when asked the same again",
            _ => "when " + What(least.Probe),
        };
        return $"Least steady: {least.Judge}, which says the same {Share(least.Same)} of the time {when}.";
    }

    private static string What(ConsistencyProbe probe) => probe switch
    {
        ConsistencyProbe.Rubric => "its rubric is put in other words",
        ConsistencyProbe.Question => "the question is put in other words",
        _ => "only white space, line ends, Unicode forms or bullets change",
    };

    private static string Apart(ConsistencyLine line) => double.IsNaN(line.Apart.Value) ? "" : $", scores lying {(line.Apart.Value * 100).ToString("0.##", CultureInfo.InvariantCulture)}% of the scale apart";

    private static string Beyond(ConsistencyLine line) => double.IsNaN(line.BeyondRepeats.Lower) ? ""
        : line.BeyondRepeats.Lower > 0 ? ", which is surely less than when it is merely asked again"
        : ", which may be no less than when it is merely asked again";

    private static string Share(in Estimate estimate)
    {
        var value = (estimate.Value * 100).ToString("0.#", CultureInfo.InvariantCulture) + "%";
        return double.IsNaN(estimate.Lower) ? value
            : $"{value} ({(estimate.Lower * 100).ToString("0.#", CultureInfo.InvariantCulture)} to {(estimate.Upper * 100).ToString("0.#", CultureInfo.InvariantCulture)}%)";
    }
}
