using System.Globalization;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Pairs;
using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Exemplars;

/// <summary>
/// A pool of judged pairs, from which a judge is shown the nearest: by the cosine of hashed TF-IDF vectors of prompt and answers. What could tell the label
/// of the material itself is never shown: the same prompt or group, or an answer with the same words. Immutable; safe for concurrent use.
/// </summary>
public sealed class ExemplarPool
{
    /// <summary>Raised whenever the choice or the words around exemplars change: it is part of the version of every judge that has them.</summary>
    internal const int Revision = 1;

    private readonly TextVectors _vectors;
    private readonly string[] _promptKeys;
    private readonly string[][] _answerKeys;

    /// <summary>Prepares a pool.</summary>
    public ExemplarPool(ExemplarSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        Set = set;
        Hash = PairHash.Of(
            [
                "exemplars", Number(set.Count), set.Min is { } min ? Number(min) : "", set.Max is { } max ? Number(max) : "",
                .. set.Rows.SelectMany(r => new[] { r.Hash.ToString(), r.Group }),
            ]);
        _vectors = new TextVectors(set.Rows.Select(r => TextOf(r.Prompt, r.Answer, r.AnswerB)));
        _promptKeys = [.. set.Rows.Select(r => TextVectors.Key(r.Prompt))];
        _answerKeys = [.. set.Rows.Select(r => r.AnswerB is null ? new[] { TextVectors.Key(r.Answer) } : [TextVectors.Key(r.Answer), TextVectors.Key(r.AnswerB)])];
    }

    /// <summary>What it was made from.</summary>
    public ExemplarSet Set { get; }

    /// <summary>Of every row, the scale and how many are shown.</summary>
    public Hash128 Hash { get; }

    /// <summary>The nearest rows, nearest first and of equally near ones the first; those that have a word in common, at most as many as the pool shows.</summary>
    internal IReadOnlyList<Exemplar> Nearest(in Material material)
    {
        var prompt = TextVectors.Key(material.Prompt);
        string[] answers = material.AnswerB is null ? [TextVectors.Key(material.AnswerA)] : [TextVectors.Key(material.AnswerA), TextVectors.Key(material.AnswerB)];

        // The answers of a comparison in an order of their own: both ways in which it is asked are shown the same.
        var (first, second) = material.AnswerB is { } other && string.CompareOrdinal(material.AnswerA, other) > 0 ? (other, material.AnswerA) : (material.AnswerA, material.AnswerB);
        var chosen = new List<Exemplar>(Set.Count);
        foreach (var row in _vectors.Ranked(TextOf(material.Prompt, first, second)))
        {
            var exemplar = Set.Rows[row];
            if (exemplar.Group == material.Group || _promptKeys[row] == prompt || _answerKeys[row].Intersect(answers, StringComparer.Ordinal).Any()) continue;
            chosen.Add(exemplar);
            if (chosen.Count == Set.Count) break;
        }

        return chosen;
    }

    /// <summary>The label of a row in words, on the scale of the rubric.</summary>
    internal string LabelOf(Exemplar exemplar, Rubric rubric, string nameOfA, string nameOfB)
    {
        if (exemplar.AnswerB is not null) return exemplar.Label > 0 ? $"{nameOfA} is better" : exemplar.Label < 0 ? $"{nameOfB} is better" : "they are equally good";
        return "the score " + Mapped(exemplar.Label, rubric.Dimensions[0].Scale).ToString("0.######", CultureInfo.InvariantCulture);
    }

    /// <summary>Checks a pool against the rubric of a judge.</summary>
    /// <param name="judgeId">The judge, for the message.</param>
    /// <param name="rubric">Its rubric.</param>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Configuration"/>: the pool does not suit the rubric.</exception>
    internal void Check(string judgeId, Rubric rubric)
    {
        var compares = rubric.Protocol == RubricProtocol.Compare;
        if (Set.Rows.FirstOrDefault(r => r.AnswerB is null == compares) is not null)
            throw Fault(compares ? "scores single answers, and the rubric compares two: use a pool of comparisons with labels" : "compares two answers, and the rubric scores one: use a pool of pairs with targets");
        if (rubric.ReplyForm == ReplyForm.Checklist || rubric.Dimensions.Count != 1)
            throw Fault("has one label a row, and the rubric asks for several verdicts: use a rubric with one score, or leave exemplars out");
        if (compares || Set.Min is not null) return;
        var scale = rubric.Dimensions[0].Scale;
        if (Set.Rows.FirstOrDefault(r => !scale.Contains(r.Label)) is { } off)
        {
            throw Fault(string.Create(CultureInfo.InvariantCulture,
                $"holds the target {off.Label}, which is off the rubric's scale of {scale.Min} to {scale.Max}: state the targets' own scale, 'scale: {{min: …, max: …}}'"));
        }

        OrchestrationException Fault(string what) => new(ErrorCodes.Configuration, $"Judge '{judgeId}': the exemplars '{Set.Name}' do not suit rubric '{rubric.Id}': the pool {what}.");
    }

    private double Mapped(double label, Scale scale)
    {
        if (Set.Min is not { } min || Set.Max is not { } max) return label;
        var share = (label - min) / (max - min);
        if (scale.Direction == Direction.LowerIsBetter) share = 1 - share;
        var value = share * (scale.Max - scale.Min);
        if (scale.Step > 0) value = Math.Round(value / scale.Step) * scale.Step;
        return Math.Clamp(scale.Min + value, scale.Min, scale.Max);
    }

    private static string TextOf(string prompt, string answerA, string? answerB) => answerB is null ? $"{prompt}\n{answerA}" : $"{prompt}\n{answerA}\n{answerB}";

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
