using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Llm;
using Orchestration.Core.Pairs.Blocks;
using Orchestration.Core.Pairs.Reading;

namespace Orchestration.Core.Sweeps;

/// <summary>
/// What language models said beside their scores, read from the stored judgments behind a sweep's finished rows: rationales and critiques as
/// <c>rationales.jsonl</c>, and how many points of checklists were voided. A panel's members are judges of their own and are not in it.
/// </summary>
public sealed class SweepRationales
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "rationales.jsonl";

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ISweepStore _sweeps;
    private readonly IJudgmentStore _judgments;

    /// <summary>Creates it over a store.</summary>
    public SweepRationales(ISweepStore sweeps, IJudgmentStore judgments)
    {
        _sweeps = sweeps;
        _judgments = judgments;
    }

    /// <summary>Writes the file, in the order of the rows: whole or not at all.</summary>
    /// <param name="sweep">The sweep.</param>
    /// <param name="judges">Its judges.</param>
    /// <param name="folder">Where to; created if needed.</param>
    /// <param name="cancellationToken">Stops; nothing is left behind.</param>
    /// <returns>How many points were voided, by judge, of all judges with a checklist.</returns>
    public async Task<IReadOnlyDictionary<string, long>> WriteAsync(SweepRecord sweep, IReadOnlyList<IJudge> judges, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        var partial = $"{path}.partial-{Environment.ProcessId}";
        var asked = judges.OfType<LlmJudge>().ToArray();
        var voided = Empty(asked);
        try
        {
            await using (var file = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20, FileOptions.Asynchronous))
            {
                using var line = new MemoryStream();
                await foreach (var said in ReadAsync(sweep, asked, cancellationToken))
                {
                    Count(voided, said);
                    line.SetLength(0);
                    Write(line, said);
                    await file.WriteAsync(line.GetBuffer().AsMemory(0, (int)line.Length), cancellationToken);
                }

                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }

        return voided;
    }

    /// <summary>Counts the voided points without writing anything; nothing is read where no judge has a checklist.</summary>
    /// <returns>How many points were voided, by judge, of all judges with a checklist.</returns>
    public async Task<IReadOnlyDictionary<string, long>> CountVoidedAsync(SweepRecord sweep, IReadOnlyList<IJudge> judges, CancellationToken cancellationToken)
    {
        var asked = judges.OfType<LlmJudge>().Where(static j => j.HasChecklist).ToArray();
        var voided = Empty(asked);
        if (asked.Length == 0) return voided;
        await foreach (var said in ReadAsync(sweep, asked, cancellationToken)) Count(voided, said);
        return voided;
    }

    private sealed record Statement(string Row, string Judge, ColumnKind Kind, int? Repeat, StoredJudgment Judgment);

    private static SortedDictionary<string, long> Empty(LlmJudge[] judges)
    {
        var voided = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var judge in judges.Where(static j => j.HasChecklist)) voided[judge.Descriptor.Id] = 0;
        return voided;
    }

    private static void Count(SortedDictionary<string, long> voided, Statement said)
    {
        if (said.Judgment.Detail.Voided is { } ids) voided[said.Judge] = voided.GetValueOrDefault(said.Judge) + ids.Split(' ').Length;
    }

    private async IAsyncEnumerable<Statement> ReadAsync(SweepRecord sweep, LlmJudge[] judges, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var questions = SweepDefinition.FromJson(sweep.Definition).Columns.Select(c => (c.JudgeId, c.Kind)).Distinct()
            .Select(c => (Judge: Array.Find(judges, j => j.Descriptor.Id == c.JudgeId), c.Kind)).Where(static q => q.Judge is not null).ToArray();
        if (questions.Length == 0) yield break;
        for (var shard = 0; shard < sweep.Shards; shard++)
        {
            if (await _sweeps.ReadShardAsync(sweep.Id, shard, ShardParts.Head | ShardParts.Text, cancellationToken) is not { IsDone: true } stored) continue;
            var data = DataBlock.Decode(stored);
            for (var row = 0; row < data.Rows; row++)
            {
                foreach (var (judge, kind) in questions)
                {
                    var plan = PlanOf(judge!, data, row, kind);
                    if (plan.Reason is not null) continue;
                    for (var repeat = 0; repeat < judge!.CallsPerItem; repeat++)
                    {
                        if (await _judgments.FindAsync(plan.Address with { Repeat = repeat }, cancellationToken) is { } judgment)
                            yield return new Statement(System.Text.Encoding.UTF8.GetString(data.Id(row)), judge.Descriptor.Id, kind, judge.CallsPerItem == 1 ? null : repeat, judgment);
                    }
                }
            }
        }
    }

    private static LlmPlan PlanOf(LlmJudge judge, DataBlock data, int row, ColumnKind kind) => (data.Kind, kind) switch
    {
        (DataKind.Pairs, _) => judge.PlanOf(data.GetPair(row)),
        (_, ColumnKind.VerdictAsShown) => judge.PlanOf(data.GetComparison(row)),
        (_, ColumnKind.VerdictSwapped) => judge.PlanOf(data.GetComparison(row).Swapped()),
        _ => judge.PlanOf(PairEvaluation.PairOf(data.GetComparison(row), kind)),
    };

    private static void Write(MemoryStream line, Statement said)
    {
        using (var json = new Utf8JsonWriter(line, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("id", said.Row);
            json.WriteString("judge", said.Judge);
            if (said.Kind != ColumnKind.Score)
                json.WriteString("asked", said.Kind switch { ColumnKind.ScoreA => "answer_a", ColumnKind.ScoreB => "answer_b", ColumnKind.VerdictSwapped => "swapped", _ => "as_shown" });
            if (said.Repeat is { } repeat) json.WriteNumber("repeat", repeat);
            json.WriteStartArray("values");
            foreach (var value in said.Judgment.Values) json.WriteNumberValue(value);
            json.WriteEndArray();
            json.WriteString("rationale", said.Judgment.Detail.Rationale);
            if (said.Judgment.Detail.Voided is { } voided)
            {
                json.WriteStartArray("voided");
                foreach (var id in voided.Split(' ')) json.WriteStringValue(id);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
    }
}
