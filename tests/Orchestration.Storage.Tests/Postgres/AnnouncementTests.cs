using Orchestration.Storage.Postgres;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Postgres;

/// <summary>What is announced is heard by each who waits, also by one that was looking at the store meanwhile.</summary>
public sealed class AnnouncementTests
{
    private static readonly TimeSpan Ever = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_looks_while_another_hears_has_heard_it_too()
    {
        await using var world = await PostgresWorld.CreateAsync();
        await using var database = new Database(new PostgresStoreOptions { Address = PostgresAddress.Parse(world.Address) });
        var announcements = new Announcements(database);
        await using var listening = announcements;
        var (waiting, looking) = (announcements.NewEar(), announcements.NewEar());

        // To have begun to listen is heard.
        await waiting.WaitAsync(Ever, Cancelled);
        await looking.WaitAsync(Ever, Cancelled);

        var heard = waiting.WaitAsync(Ever, Cancelled).AsTask();
        await AnnounceAsync(database, announcements.Channel);
        await heard;
        var began = TimeProvider.System.GetTimestamp();
        await looking.WaitAsync(Ever, Cancelled);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Ever / 2, "it was said while this one looked, and not after a minute");

        // Once each: nothing was said since.
        var again = waiting.WaitAsync(Ever, Cancelled).AsTask();
        again.IsCompleted.ShouldBeFalse();
        await AnnounceAsync(database, announcements.Channel);
        await again;
    }

    private static async Task AnnounceAsync(Database database, string channel)
    {
        await using var connection = await database.OpenAsync(Cancelled);
        await connection.RunAsync($"NOTIFY \"{channel}\"", Cancelled);
    }
}
