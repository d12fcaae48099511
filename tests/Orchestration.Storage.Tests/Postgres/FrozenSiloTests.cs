using Orchestration.Core.Quotas;
using Orchestration.Storage.Postgres;
using Shouldly;
using Xunit;

namespace Orchestration.Storage.Tests.Postgres;

/// <summary>A silo that stands still in the middle of a transaction keeps nobody waiting for long, and begins it again when it goes on.</summary>
public sealed class FrozenSiloTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_transaction_that_stands_still_lets_go_of_its_locks_and_is_made_again()
    {
        await using var world = await PostgresWorld.CreateAsync();
        await using var other = await world.OpenAsync(Cancel);
        var ask = new QuotaAsk([new QuotaBucket("deployment/a", 600, null)], [0], TimeSpan.FromMinutes(1));
        await other.Quotas.GrantAsync(ask, Cancel);

        await using var database = new Database(new PostgresStoreOptions { Address = PostgresAddress.Parse(world.Address) });
        var (holds, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var frozen = database.TransactAsync(
            async (connection, attempt, cancel) =>
            {
                await connection.Command("SELECT state FROM quotas WHERE bucket = 'deployment/a' FOR UPDATE").ExecuteAsync(cancel);
                if (attempt > 0) return attempt;
                holds.SetResult();
                await goOn.Task;
                await connection.Command("SELECT 1").ExecuteAsync(cancel);
                return attempt;
            },
            Cancel).AsTask();
        await holds.Task;

        (await other.Quotas.GrantAsync(ask, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel)).Permits.Count.ShouldBe(1);
        frozen.IsCompleted.ShouldBeFalse();
        goOn.SetResult();
        (await frozen).ShouldBe(1, "the second attempt came through");
    }
}
