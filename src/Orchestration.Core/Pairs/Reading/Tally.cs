using Orchestration.Core.Pairs.Blocks;

namespace Orchestration.Core.Pairs.Reading;

/// <summary>What has been accepted, for the report.</summary>
internal struct Tally
{
    public long Rows;
    public long WithReference;
    public long WithTarget;
    public long WithLabel;
    public long PromptBytes;
    public long AnswerBytes;
    public long ReferenceBytes;

    public void Add(in ParsedRow row)
    {
        Rows++;
        PromptBytes += row.Prompt.Length;
        AnswerBytes += row.Answer.Length + Math.Max(0, row.AnswerB.Length);
        ReferenceBytes += Math.Max(0, row.Reference.Length);
        if (row.Reference.IsPresent) WithReference++;
        if (!double.IsNaN(row.Target)) WithTarget++;
        if (row.Label is not null) WithLabel++;
    }

    /// <summary>Takes a stored row back.</summary>
    public void Remove(DataBlock block, int row)
    {
        Rows--;
        PromptBytes -= block.Prompt(row).Length;
        AnswerBytes -= block.Answer(row).Length + block.AnswerB(row).Length;
        if (block.TryGetReference(row, out var reference))
        {
            WithReference--;
            ReferenceBytes -= reference.Length;
        }

        if (block.Target(row) is not null) WithTarget--;
        if (block.Label(row) is not null) WithLabel--;
    }
}
