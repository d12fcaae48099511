using Orchestration.Core.Judging.Answers;
using Orchestration.Core.MetaEvaluation;

namespace Orchestration.Core.Pairs.Building;

/// <summary>What became of one question.</summary>
/// <param name="Question">The question.</param>
/// <param name="Right">Answers that are right.</param>
/// <param name="Wrong">Answers that are wrong.</param>
/// <param name="Unreadable">Answers that say nothing that can be checked, those that never came among them.</param>
/// <param name="Kept">A right and a wrong answer, drawn by seed; null where one kind is missing.</param>
public sealed record BuiltQuestion(Question Question, int Right, int Wrong, int Unreadable, (string Right, string Wrong)? Kept);

/// <summary>Counts of a construction.</summary>
/// <param name="Questions">Questions asked.</param>
/// <param name="Kept">Questions with a right and a wrong answer.</param>
/// <param name="AllRight">Questions dropped because no answer was wrong, and some were right.</param>
/// <param name="AllWrong">Questions dropped because no answer was right, and some were wrong.</param>
/// <param name="AllUnreadable">Questions dropped because no answer could be checked.</param>
/// <param name="Right">Right answers.</param>
/// <param name="Wrong">Wrong answers.</param>
/// <param name="Unreadable">Answers that cannot be checked.</param>
public sealed record BuildCounts(int Questions, int Kept, int AllRight, int AllWrong, int AllUnreadable, int Right, int Wrong, int Unreadable)
{
    /// <summary>Counts questions.</summary>
    /// <param name="built">What became of them.</param>
    public static BuildCounts Of(IReadOnlyList<BuiltQuestion> built)
    {
        ArgumentNullException.ThrowIfNull(built);
        return new BuildCounts(
            built.Count, built.Count(static b => b.Kept is not null), built.Count(static b => b.Right > 0 && b.Wrong == 0), built.Count(static b => b.Right == 0 && b.Wrong > 0),
            built.Count(static b => b.Right == 0 && b.Wrong == 0), built.Sum(static b => b.Right), built.Sum(static b => b.Wrong), built.Sum(static b => b.Unreadable));
    }
}

/// <summary>
/// Labelled comparisons from questions with a truth that code can check, by JudgeBench's construction (Tan et al. 2024, section 3): several answers of one model to each question, so that style does not give the
/// right one away; one right and one wrong answer are kept, and questions that the model always or never gets right are dropped.
/// </summary>
public static class PairBuild
{
    /// <summary>Checks the answers to one question and draws a right and a wrong one.</summary>
    /// <param name="question">The question.</param>
    /// <param name="answers">Its answers, in their order.</param>
    /// <param name="checker">What is right.</param>
    /// <param name="seed">Draws which of several is kept: by question, so that other questions change nothing.</param>
    public static BuiltQuestion Check(Question question, IReadOnlyList<BoughtAnswer> answers, AnswerChecker checker, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(checker);
        var (right, wrong, unreadable) = (new List<string>(), new List<string>(), 0);
        foreach (var answer in answers)
        {
            // An answer that was cut off may have been on its way to the right end: it proves nothing.
            switch (answer.Text is null || answer.IsCutOff ? AnswerVerdict.Unreadable : checker.Check(question.Reference, answer.Text))
            {
                case AnswerVerdict.Right: right.Add(answer.Text!); break;
                case AnswerVerdict.Wrong: wrong.Add(answer.Text!); break;
                default: unreadable++; break;
            }
        }

        if (right.Count == 0 || wrong.Count == 0) return new BuiltQuestion(question, right.Count, wrong.Count, unreadable, null);
        return new BuiltQuestion(question, right.Count, wrong.Count, unreadable, (right[(int)(Draw(seed, question.Id, "right") % (ulong)right.Count)], wrong[(int)(Draw(seed, question.Id, "wrong") % (ulong)wrong.Count)]));
    }

    /// <summary>
    /// The kept ones as lines of comparisons, in the questions' order. Exactly half of them (one more or fewer where they are odd) have the right answer first; which ones is drawn by seed.
    /// </summary>
    /// <param name="built">What became of the questions.</param>
    /// <param name="model">The model that answered: the source of both answers.</param>
    /// <param name="checker">The checker's name.</param>
    /// <param name="seed">Draws which stands first.</param>
    public static IReadOnlyList<string> Lines(IReadOnlyList<BuiltQuestion> built, string model, string checker, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(built);
        BuiltQuestion[] kept = [.. built.Where(static b => b.Kept is not null)];
        var first = kept.OrderBy(b => Draw(seed, b.Question.Id, "first")).ThenBy(static b => b.Question.Id, StringComparer.Ordinal)
            .Take((kept.Length + (int)(Draw(seed, "", "odd") % 2)) / 2).Select(static b => b.Question.Id).ToHashSet(StringComparer.Ordinal);
        return [.. kept.Select(b => Line(b, first.Contains(b.Question.Id), model, checker))];
    }

    private static string Line(BuiltQuestion built, bool isRightFirst, string model, string checker) => CheckJson.Line(writer =>
    {
        var (right, wrong) = built.Kept!.Value;
        writer.WriteString("id", built.Question.Id);
        writer.WriteString("prompt", built.Question.Prompt);
        writer.WriteString("answer_a", isRightFirst ? right : wrong);
        writer.WriteString("answer_b", isRightFirst ? wrong : right);
        writer.WriteString("label", isRightFirst ? "A>B" : "B>A");
        writer.WriteString("group", built.Question.Group);
        if (built.Question.Category is { } category) writer.WriteString("category", category);
        writer.WriteString("reference", built.Question.Reference);
        writer.WriteString("source", model);
        writer.WriteString("checker", checker);
        writer.WriteStartObject("answers");
        writer.WriteNumber("right", built.Right);
        writer.WriteNumber("wrong", built.Wrong);
        writer.WriteNumber("unreadable", built.Unreadable);
        writer.WriteEndObject();
    });

    private static ulong Draw(ulong seed, string id, string what) => PairHash.Of("pairs build", seed.ToString(System.Globalization.CultureInfo.InvariantCulture), id, what).High;
}
