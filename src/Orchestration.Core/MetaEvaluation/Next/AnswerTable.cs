using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.MetaEvaluation.Next;

/// <summary>Which model answered which prompt, as read from pairs <c>{prompt, answer, source, group?, category?}</c>: what comparisons can be made of.</summary>
public sealed class AnswerTable
{
    private readonly Dictionary<string, (string Prompt, string? Category, Dictionary<string, string> Answers)> _prompts = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    private AnswerTable()
    {
    }

    /// <summary>Prompts, in order of first appearance.</summary>
    public IReadOnlyList<string> Prompts => _order;

    /// <summary>What was read.</summary>
    public RowReport Report { get; private set; } = null!;

    /// <summary>Reads pairs; of several answers of one model to one prompt the first counts.</summary>
    /// <param name="input">JSON lines or CSV.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OrchestrationException">No good row.</exception>
    public static AnswerTable Read(RowInput input, CancellationToken cancellationToken)
    {
        var table = new AnswerTable();
        table.Report = RowSource.Read(input, "{prompt, answer, source, group?}", row =>
        {
            if (RowSource.Text(row, "prompt") is not { } prompt) return RowSource.Missing(row, "prompt");
            if (RowSource.Text(row, "answer") is not { } answer) return RowSource.Missing(row, "answer");
            if (RowSource.Text(row, "source") is not { } source) return RowSource.Missing(row, "source");
            var group = RowSource.Text(row, "group") ?? PairHash.Group(prompt);
            if (!table._prompts.TryGetValue(group, out var known))
            {
                table._prompts.Add(group, known = (prompt, RowSource.Text(row, "category"), new Dictionary<string, string>(StringComparer.Ordinal)));
                table._order.Add(group);
            }

            return known.Answers.TryAdd(source, answer) ? null : new RowFault(RejectReason.DuplicateId, $"'{source}' has answered this prompt in an earlier row. Leave one of the two out.");
        }, cancellationToken);
        return table;
    }

    /// <summary>The prompts that all of these models answered.</summary>
    public IEnumerable<string> AnsweredBy(IEnumerable<string> models)
    {
        string[] all = [.. models];
        return _order.Where(p => Array.TrueForAll(all, _prompts[p].Answers.ContainsKey));
    }

    /// <summary>A prompt's text and category.</summary>
    public (string Prompt, string? Category) TextOf(string prompt) => (_prompts[prompt].Prompt, _prompts[prompt].Category);

    /// <summary>A model's answer to a prompt.</summary>
    public string AnswerOf(string prompt, string model) => _prompts[prompt].Answers[model];
}
