using System.Text;
using Orchestration.Core;
using Orchestration.Core.Judging;
using Orchestration.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Sqlite;

/// <summary>What is said of files that are no store, or no longer one.</summary>
public sealed class StoreFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orchestration-file-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder.FullName, "store.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Missing_folders_are_made()
    {
        var path = Path.Combine(_folder.FullName, "a", "b", "store.db");
        await using var store = await OpenAsync(path);
        File.Exists(path).ShouldBeTrue();
    }

    [Fact]
    public async Task A_closed_store_leaves_one_file_and_an_empty_owners_folder()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        _folder.EnumerateFiles("*", SearchOption.AllDirectories).Select(static file => file.Name).ShouldBe(["store.db"]);
    }

    [Fact]
    public async Task A_folder_is_not_a_store()
    {
        var failure = await RefusalAsync(_folder.FullName);
        failure.ShouldContain($"{_folder.FullName} is a folder");
    }

    [Fact]
    public async Task A_text_file_is_not_a_store_and_stays_as_it_is()
    {
        var text = string.Concat(Enumerable.Repeat("id,prompt,answer\n", 500));
        await File.WriteAllTextAsync(FilePath, text, Cancel);
        var failure = await RefusalAsync(FilePath);
        failure.ShouldContain($"{FilePath} is not a store");
        failure.ShouldContain("--store");
        (await File.ReadAllTextAsync(FilePath, Cancel)).ShouldBe(text);
    }

    [Fact]
    public async Task Another_programs_database_is_not_a_store_and_stays_as_it_is()
    {
        using (var connection = Connection.Open(FilePath, create: true, TimeSpan.FromSeconds(1))) connection.Execute("CREATE TABLE bookmarks(url TEXT)");
        var before = await File.ReadAllBytesAsync(FilePath, Cancel);
        (await RefusalAsync(FilePath)).ShouldContain($"{FilePath} is another program's database");
        (await File.ReadAllBytesAsync(FilePath, Cancel)).ShouldBe(before);
    }

    [Fact]
    public async Task A_store_of_a_newer_program_is_refused()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        using (var connection = Connection.Open(FilePath, create: false, TimeSpan.FromSeconds(1))) connection.Execute("PRAGMA user_version = 999");
        var failure = await RefusalAsync(FilePath);
        failure.ShouldContain("written by a newer program");
        failure.ShouldContain("999");
        failure.ShouldContain(FilePath);
    }

    [Fact]
    public async Task A_place_where_nothing_can_be_made_is_named()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("/proc is a Linux folder in which even an administrator makes nothing.");
        (await RefusalAsync("/proc/orchestration/store.db")).ShouldContain("/proc/orchestration/store.db");
        (await RefusalAsync("/proc/store.db")).ShouldContain("/proc/store.db");
    }

    [Fact]
    public async Task A_file_that_this_user_may_only_read_is_refused()
    {
        await (await OpenAsync(FilePath)).DisposeAsync();
        File.SetAttributes(FilePath, FileAttributes.ReadOnly);
        if (Environment.IsPrivilegedProcess) Assert.Skip("An administrator may write every file.");
        (await RefusalAsync(FilePath)).ShouldContain($"{FilePath} cannot be written");
    }

    [Fact]
    public async Task A_damaged_file_is_said_to_be_damaged_with_what_to_do()
    {
        await using (var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = FilePath, FoldEntries = 1 }, Cancel))
            await store.Judgments.PutAsync(Enumerable.Range(0, 3000).Select(static i => Judgment(i)).ToArray(), Cancel);
        using (var file = File.OpenWrite(FilePath))
        {
            file.Position = Schema.PageSize;
            file.Write(Enumerable.Repeat((byte)0x5A, (int)file.Length - Schema.PageSize).ToArray());
        }

        var failure = await Should.ThrowAsync<OrchestrationException>(
            async () =>
            {
                await using var store = await OpenAsync(FilePath);
                await store.Judgments.GetAsync(Enumerable.Range(0, 3000).Select(static i => Judgment(i).Address).ToArray(), Cancel);
            });
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldContain($"{FilePath} is damaged");
        failure.Message.ShouldContain(".recover");
    }

    [Fact]
    public async Task A_file_that_was_cut_off_is_said_to_be_damaged()
    {
        await using (var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = FilePath, FoldEntries = 1 }, Cancel))
            await store.Judgments.PutAsync(Enumerable.Range(0, 3000).Select(static i => Judgment(i)).ToArray(), Cancel);
        using (var file = File.OpenWrite(FilePath)) file.SetLength(Schema.PageSize * 3 / 2);
        var failure = await Should.ThrowAsync<OrchestrationException>(
            async () =>
            {
                await using var store = await OpenAsync(FilePath);
                await store.Judgments.GetAsync([Judgment(5).Address], Cancel);
            });
        failure.Message.ShouldContain($"{FilePath} is damaged");
    }

    [Fact]
    public async Task Judgments_whose_stored_bytes_make_no_sense_are_said_to_be_damaged()
    {
        await using (var store = await SqliteStore.OpenAsync(new SqliteStoreOptions { Path = FilePath, FoldEntries = 1 }, Cancel))
            await store.Judgments.PutAsync([Judgment(1)], Cancel);
        using (var connection = Connection.Open(FilePath, create: false, TimeSpan.FromSeconds(1)))
            connection.Execute("UPDATE pairs SET entries = x'0102030405'; INSERT INTO journal VALUES (77, x'0102')");
        await using var damaged = await OpenAsync(FilePath);
        foreach (var call in new Func<Task>[]
        {
            async () => await damaged.Judgments.GetAsync([Judgment(1).Address], Cancel),
            async () => await damaged.Judgments.PutAsync([Judgment(1)], Cancel),
        })
        {
            (await Should.ThrowAsync<OrchestrationException>(call)).Message.ShouldContain("is damaged");
        }

        (await damaged.Sweeps.ListAsync(Cancel)).ShouldBeEmpty("the rest of the file works on");
    }

    [Fact]
    public async Task Many_who_open_a_new_file_at_once_all_get_it()
    {
        var stores = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Task.Run(() => OpenAsync(FilePath).AsTask(), Cancel)));
        stores.Select(static store => store.Owner).Distinct().Count().ShouldBe(12);
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task By_a_link_it_is_the_same_store_with_the_same_owners()
    {
        var link = Path.Combine(_folder.FullName, "link.db");
        await using var store = await OpenAsync(FilePath);
        File.CreateSymbolicLink(link, FilePath);
        await using var linked = await OpenAsync(link);
        var sweep = await store.Sweeps.CreateAsync(Conformance.SweepSamples.Sweep(store.Owner), Cancel);
        (await linked.Sweeps.DeleteUnsealedAsync(Cancel)).ShouldBe(0, "who registers it lives");
        (await linked.Sweeps.FindAsync(sweep.Id, Cancel)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("", 4, 1000, "Path")]
    [InlineData("store.db", 0, 1000, "ReadConnections is 0")]
    [InlineData("store.db", 4, 0, "BusyTimeout is 0 ms")]
    public async Task An_option_out_of_its_range_is_named(string path, int readers, int busyMilliseconds, string named)
    {
        var options = new SqliteStoreOptions { Path = path, ReadConnections = readers, BusyTimeout = TimeSpan.FromMilliseconds(busyMilliseconds) };
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await SqliteStore.OpenAsync(options, Cancel));
        failure.Code.ShouldBe(ErrorCodes.Configuration);
        failure.Message.ShouldContain(named);
    }

    [Fact]
    public async Task A_closed_store_says_that_it_is_closed()
    {
        var store = await OpenAsync(FilePath);
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(async () => await store.Judgments.PutAsync([Judgment(1)], Cancel));
        await Should.ThrowAsync<ObjectDisposedException>(async () => await store.Judgments.CountAsync(Cancel));
    }

    private static StoredJudgment Judgment(int pair) => new()
    {
        Address = new JudgmentAddress(new Hash128((ulong)pair * 0x9E3779B97F4A7C15, (ulong)pair), new Hash128(1, 7), 0),
        Values = [pair],
        Detail = new JudgmentDetail { Rationale = Convert.ToHexString(Encoding.UTF8.GetBytes($"rationale {pair}")) },
    };

    private static ValueTask<SqliteStore> OpenAsync(string path) => SqliteStore.OpenAsync(new SqliteStoreOptions { Path = path }, Cancel);

    private static async Task<string> RefusalAsync(string path)
    {
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await OpenAsync(path));
        failure.Code.ShouldBe(ErrorCodes.Store);
        return failure.Message;
    }
}
