using Orchestration.Core.MetaEvaluation;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Pairs.Building;

/// <summary>A question whose answer is known.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Prompt">The question.</param>
/// <param name="Reference">The truth.</param>
/// <param name="Group">Its prompt's group.</param>
/// <param name="Category">Its category; null for none.</param>
public sealed record Question(string Id, string Prompt, string Reference, string Group, string? Category);

/// <summary>Questions as read from <c>{id, prompt, reference, group?, category?}</c>.</summary>
/// <param name="Questions">The good ones.</param>
/// <param name="Report">What was read.</param>
public sealed record QuestionSet(IReadOnlyList<Question> Questions, RowReport Report)
{
    /// <summary>Reads them. One whose reference the checker cannot check against is rejected with that reason.</summary>
    /// <param name="input">JSON lines or CSV.</param>
    /// <param name="checker">What will check.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row.</exception>
    public static QuestionSet Read(RowInput input, AnswerChecker checker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(checker);
        var (questions, ids) = (new List<Question>(), new HashSet<string>(StringComparer.Ordinal));
        var report = RowSource.Read(input, "{id, prompt, reference, group?, category?}", row =>
        {
            if (RowSource.Text(row, "id") is not { } id) return RowSource.Missing(row, "id");
            if (RowSource.Text(row, "prompt") is not { } prompt) return RowSource.Missing(row, "prompt");
            if (RowSource.Text(row, "reference") is not { } reference) return RowSource.Missing(row, "reference");
            if (!checker.CanCheck(reference)) return new RowFault(RejectReason.WrongType, $"The reference is nothing that {checker.Name} can check an answer against. Choose another --checker, or write the reference as the final answer alone.");
            if (!ids.Add(id)) return new RowFault(RejectReason.DuplicateId, $"The id '{id}' is that of an earlier row. Leave one of the two out.");
            questions.Add(new Question(id, prompt, reference, RowSource.Text(row, "group") ?? PairHash.Group(prompt), RowSource.Text(row, "category")));
            return null;
        }, cancellationToken);
        return new QuestionSet(questions, report);
    }
}
