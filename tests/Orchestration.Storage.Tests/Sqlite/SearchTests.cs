using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orchestration.Core.Evaluation;
using Orchestration.Core.Judging;
using Orchestration.Core.Pairs;
using Orchestration.Core.Pairs.Reading;
using Orchestration.Core.Sweeps;
using Orchestration.Core.Sweeps.Browsing;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>Texts looked for in stored sweeps: what is found is what a plain search finds, whatever shards are passed over.</summary>
public sealed class SearchTests : IAsyncLifetime
{
    private const int Rows = 600;
    private const int PerShard = 20;
    private const int Undone = 7;

    private static readonly string[] Words = "alder birch cedar Douglas elder fir gorse HAWTHORN ivy juniper kelp larch maple nettle oak poplar quince rowan spruce thistle Überbaum vine willow xylia yew zelkova größe 語彙 2026 0042".Split(' ');

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestration-search-");
    private readonly (string Id, string Prompt, string Answer)[] _rows = new (string, string, string)[Rows];
    private SqliteStore _store = null!;
    private SweepRecord _sweep = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder.FullName, "store.db");

    public async ValueTask InitializeAsync()
    {
        _store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = FilePath }, Cancel);
        var random = new Random(11);

        // Each stretch of rows has few words of its own, as data does that is sorted by subject.
        for (var i = 0; i < Rows; i++)
        {
            string Text(int count) => string.Join(random.Next(5) == 0 ? ". " : " ", Enumerable.Range(0, count).Select(_ => Words[((i / 50 * 3) + random.Next(4)) % Words.Length]));
            _rows[i] = ($"row-{i:D5}", Text(5), Text(12) + (i == 431 ? " Quixotic." : ""));
        }

        using var input = new MemoryStream(Encoding.UTF8.GetBytes(string.Concat(_rows.Select(static r => $$"""{"id":"{{r.Id}}","prompt":"{{r.Prompt}}","answer":"{{r.Answer}}"}""" + "\n"))));
        var judge = new JudgeDescriptor { Id = "length", Kind = JudgeKind.Code, Version = PairHash.Of("length"), Dimensions = [new JudgeDimension("length", null)] };
        var plan = new SweepPlan
        {
            Data = new IngestOptions { Kind = DataKind.Pairs, Inputs = ["-"], StandardInput = input, RowsPerShard = PerShard },
            Judges = [new PlannedJudge(judge, new FixedJudge(judge.Id, judge.Id, judge.Kind, judge.Version.ToString()))],
            OutputFolder = _folder.FullName,
        };
        (_sweep, _) = await new Core.Sweeps.SweepRegistration(_store.Sweeps, _store.Owner).RegisterAsync(plan, null, Cancel);
        foreach (var lease in await _store.Sweeps.ClaimAsync(_sweep.Id, _store.Owner, 1000, TimeSpan.FromMinutes(10), Cancel))
        {
            if (lease.Shard == Undone) continue;
            var table = new JudgmentTable(PerShard, 1);
            for (var row = 0; row < PerShard; row++) table.SetScored(row, 0, row);
            (await _store.Sweeps.CheckpointAsync(lease, new ShardResult(ResultBlock.Encode(table, []), PerShard, 0, 0), Cancel)).ShouldBeTrue();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_word_of_one_row_is_found_by_reading_its_shard_alone_and_a_word_that_is_nowhere_by_reading_none()
    {
        var (ids, read, unfinished) = await SearchAsync(new PairFilter { Text = "qUIXOTIC" }, 50);
        ids.ShouldBe(["row-00431"]);
        read.ShouldBe(1);
        unfinished.ShouldBe(PerShard, "a shard that is not finished counts, whether it could hold the text or not");
        (ids, read, _) = await SearchAsync(new PairFilter { Text = "xylophone" }, 50);
        ids.ShouldBeEmpty();
        read.ShouldBe(0);
    }

    [Fact]
    public async Task Shards_that_an_older_program_registered_are_read_and_what_is_found_is_the_same()
    {
        using (var connection = Connection.Open(FilePath, create: false, TimeSpan.FromSeconds(10)))
        {
            // As a program writes that knows nothing of the column.
            connection.Execute("INSERT OR REPLACE INTO shard_heads(key, body) SELECT key, body FROM shard_heads WHERE key % 2 = 0");
        }

        var (ids, read, unfinished) = await SearchAsync(new PairFilter { Text = "quixotic" }, 50);
        ids.ShouldBe(["row-00431"]);
        read.ShouldBe((_sweep.Shards / 2) + 1, "those without, and the one that has it");
        unfinished.ShouldBe(PerShard);
    }

    [Fact]
    public void What_is_found_is_what_a_plain_search_finds_in_the_same_order()
    {
        var anything = from row in Gen.Choose(0, Rows - 1)
                       from field in Gen.Choose(0, 2)
                       from start in Gen.Choose(0, 60)
                       from length in Gen.Choose(1, 20)
                       from upper in Gen.Elements(true, false)
                       from places in Gen.Elements(SearchedTexts.All, SearchedTexts.All, SearchedTexts.Id, SearchedTexts.Prompt, SearchedTexts.Answer)
                       from limit in Gen.Elements(3, 500)
                       select (Text: Part(field switch { 0 => _rows[row].Id, 1 => _rows[row].Prompt, _ => _rows[row].Answer }, start, length, upper), places, limit);
        Prop.ForAll(anything.ToArbitrary(), asked =>
        {
            var (ids, _, _) = SearchAsync(new PairFilter { Text = asked.Text, In = asked.places }, asked.limit).GetAwaiter().GetResult();
            return ids.SequenceEqual(_rows.Where((r, i) => i / PerShard != Undone && (Has(SearchedTexts.Id, r.Id) || Has(SearchedTexts.Prompt, r.Prompt) || Has(SearchedTexts.Answer, r.Answer))).Select(static r => r.Id));

            bool Has(SearchedTexts place, string text) => asked.places.HasFlag(place) && text.Contains(asked.Text, StringComparison.OrdinalIgnoreCase);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(150).WithReplay(Microsoft.FSharp.Core.FSharpOption<Replay>.Some(new Replay(new Rnd(20261123, 1), Microsoft.FSharp.Core.FSharpOption<int>.None))));
    }

    private static string Part(string text, int start, int length, bool upper)
    {
        var part = start >= text.Length ? text : text.Substring(start, Math.Min(length, text.Length - start));
        return upper ? part.ToUpper(CultureInfo.InvariantCulture) : part;
    }

    private async Task<(IReadOnlyList<string> Ids, int Read, long Unfinished)> SearchAsync(PairFilter filter, int limit)
    {
        var browser = new SweepBrowser(_store.Sweeps, TimeProvider.System);
        List<string> ids = [];
        var (read, unfinished) = (0, 0L);
        RowPlace? from = RowPlace.First;
        while (from is { } place)
        {
            var page = await browser.PageAsync(_sweep, filter, place, limit, TimeSpan.FromMinutes(1), Cancel);
            ids.AddRange(page.Rows.Select(static r => r.Id));
            (read, unfinished, from) = (read + page.ShardsRead, unfinished + page.Unfinished, page.Next);
        }

        return (ids, read, unfinished);
    }
}
