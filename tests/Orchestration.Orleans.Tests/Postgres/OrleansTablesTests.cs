using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orchestration.Orleans.Hosting;
using Orchestration.Orleans.Postgres;
using Orchestration.Storage.Postgres;
using Orchestration.Testing;
using Orchestration.Testing.Postgres;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Postgres;

/// <summary>Orleans' own providers over our tables and queries on a real server: what they rely on, without a cluster.</summary>
public sealed class OrleansTablesTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static int _count;

    private readonly ManualTime _time = new();
    private readonly List<IHost> _hosts = [];
    private OrleansOptions _options = new() { Store = "" };
    private string _connection = "";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var server = await PostgresServer.SharedAsync();
        var store = server.Address(string.Create(CultureInfo.InvariantCulture, $"tables_{Environment.ProcessId}_{Interlocked.Increment(ref _count)}"));
        _options = new OrleansOptions { Store = store, ClusterId = "here", Time = _time, FailureDetection = TimeSpan.FromMinutes(10) };
        _connection = await OrleansSchema.EnsureAsync(PostgresAddress.Parse(store), Stop);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) host.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Members_are_written_by_whoever_has_seen_the_last_change()
    {
        var members = await MembersAsync("here");
        var first = (await members.ReadAllAsync(Stop)).Version;
        var (a, b) = (Member(1), Member(2));
        (await members.InsertRowAsync(a, first.Next(), Stop)).ShouldBeTrue();
        (await members.InsertRowAsync(b, first.Next(), Stop)).ShouldBeFalse("somebody was quicker");
        var second = (await members.ReadAllAsync(Stop)).Version;
        second.Version.ShouldBe(first.Version + 1);
        (await members.InsertRowAsync(a, second.Next(), Stop)).ShouldBeFalse("it is there already");
        (await members.InsertRowAsync(b, second.Next(), Stop)).ShouldBeTrue();

        var third = (await members.ReadAllAsync(Stop)).Version;
        a.Status = SiloStatus.Active;
        a.AddSuspector(b.SiloAddress, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        (await members.UpdateRowAsync(a, second.VersionEtag, second.Next(), Stop)).ShouldBeFalse();
        (await members.UpdateRowAsync(a, third.VersionEtag, third.Next(), Stop)).ShouldBeTrue();
        var row = await members.ReadRowAsync(a.SiloAddress, Stop);
        (await members.UpdateRowAsync(Member(3), row.Version.VersionEtag, row.Version.Next(), Stop)).ShouldBeFalse("there is no such member");
        row.Version.Version.ShouldBe(third.Version + 1);
        var (found, _) = row.Members.ShouldHaveSingleItem();
        (found.Status, found.SiloName, found.HostName, found.ProxyPort).ShouldBe((SiloStatus.Active, a.SiloName, a.HostName, a.ProxyPort));
        found.SuspectTimes.ShouldHaveSingleItem().Item1.ShouldBe(b.SiloAddress);

        // A silo that was started again at the same port is another one.
        (await members.ReadRowAsync(SiloAddress.New(a.SiloAddress.Endpoint, 77), Stop)).Members.ShouldBeEmpty();

        // Another cluster in the same tables sees nothing of this one; opened again, it goes on where it was.
        var others = await MembersAsync("there");
        (await others.ReadAllAsync(Stop)).Members.ShouldBeEmpty();
        (await (await MembersAsync("here")).ReadAllAsync(Stop)).Version.ShouldBe(row.Version);
        (await others.InsertRowAsync(Member(1), (await others.ReadAllAsync(Stop)).Version.Next(), Stop)).ShouldBeTrue();
        await members.DeleteMembershipTableEntriesAsync("here", Stop);
        (await others.ReadAllAsync(Stop)).Members.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Signs_of_life_are_dated_by_the_server_and_only_the_ended_are_cleared_away()
    {
        var members = await MembersAsync("here");
        MembershipEntry[] entries = [Member(1), Member(2, SiloStatus.Dead), Member(3, SiloStatus.Dead), Member(4)];
        await InsertAsync(members, entries);
        foreach (var number in new[] { 1, 2, 4 }) await SilenceAsync("here", number, TimeSpan.FromDays(8));
        var version = (await members.ReadAllAsync(Stop)).Version;
        await members.UpdateIAmAliveAsync(entries[0], Stop);
        var rows = (await members.ReadAllAsync(Stop)).Members.ToDictionary(static row => row.Item1.SiloAddress, static row => row.Item1);
        (rows[entries[0].SiloAddress].IAmAliveTime - rows[entries[2].SiloAddress].IAmAliveTime).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(10), "as new as the third's, which has just been written");
        (rows[entries[2].SiloAddress].IAmAliveTime - rows[entries[3].SiloAddress].IAmAliveTime).ShouldBeGreaterThan(TimeSpan.FromDays(7));
        (await members.ReadAllAsync(Stop)).Version.ShouldBe(version, "a sign of life is no change");

        await members.CleanupDefunctSiloEntriesAsync(new DateTimeOffset(rows[entries[2].SiloAddress].IAmAliveTime, TimeSpan.Zero) - TimeSpan.FromDays(1), Stop);
        (await members.ReadAllAsync(Stop)).Members.Select(static row => row.Item1.SiloAddress.Endpoint.Port).Order().ShouldBe([1, 3, 4]);
    }

    [Fact]
    public async Task Members_silent_for_three_detection_times_are_taken_out_while_a_silo_joins_and_no_others()
    {
        var (members, others) = (await MembersAsync("here"), await MembersAsync("there"));
        await InsertAsync(members, [Member(1), Member(2), Member(3), Member(4, SiloStatus.Joining)]);
        await InsertAsync(others, [Member(1)]);
        await SilenceAsync("here", 1, _options.FailureDetection * 3.5);
        await SilenceAsync("here", 2, _options.FailureDetection * 2.5);
        await SilenceAsync("there", 1, _options.FailureDetection * 3.5);
        var (version, there) = ((await members.ReadAllAsync(Stop)).Version.Version, (await others.ReadAllAsync(Stop)).Version);

        using var joined = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var burying = (await ClusterSetting.OfAsync(_options, Stop)).BuryAsync(joined.Token);
        await _time.WaitBegunAsync(wait => wait == _options.FailureDetection / 2);
        await UntilDeadAsync(members, 1, burying);
        (await StatusAsync(members, 2)).ShouldBe(SiloStatus.Active);
        (await StatusAsync(members, 3)).ShouldBe(SiloStatus.Active);
        (await members.ReadAllAsync(Stop)).Version.Version.ShouldBe(version + 1, "who reads by versions sees it");

        // Looked at again while it joins: whoever falls silent meanwhile. One on the way in writes no sign of life yet, and nobody waits for it.
        await SilenceAsync("here", 2, _options.FailureDetection * 3.5);
        await SilenceAsync("here", 4, _options.FailureDetection * 3.5);
        _time.Advance(_options.FailureDetection / 2);
        await UntilDeadAsync(members, 2, burying);
        (await StatusAsync(members, 4)).ShouldBe(SiloStatus.Joining);
        await joined.CancelAsync();
        await burying;
        (await members.ReadAllAsync(Stop)).Version.Version.ShouldBe(version + 2);
        (await StatusAsync(members, 3)).ShouldBe(SiloStatus.Active);
        (await StatusAsync(others, 1)).ShouldBe(SiloStatus.Active);
        (await others.ReadAllAsync(Stop)).Version.ShouldBe(there);

        // Where nobody is to be taken out nothing changes.
        await OrleansSchema.BuryAsync(_connection, "here", _options.FailureDetection, Stop);
        (await members.ReadAllAsync(Stop)).Version.Version.ShouldBe(version + 2);
    }

    [Fact]
    public async Task Clients_find_the_gateways_of_silos_that_serve()
    {
        var members = await MembersAsync("here");
        var hidden = Member(3);
        hidden.ProxyPort = 0;
        await InsertAsync(members, [Member(1), Member(2, SiloStatus.Joining), hidden, Member(4, SiloStatus.Dead)]);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        var setting = await ClusterSetting.OfAsync(_options, Stop);
        builder.UseOrleansClient(setting.Apply);
        using var client = builder.Build();
        var gateways = client.Services.GetRequiredService<global::Orleans.Messaging.IGatewayListProvider>();
        await gateways.InitializeGatewayListProvider();
        (await gateways.GetGateways()).ShouldHaveSingleItem().Port.ShouldBe(Member(1).ProxyPort);
    }

    [Fact]
    public async Task Grain_state_is_written_by_whoever_has_read_the_last_of_it()
    {
        var storage = await StorageAsync();
        var id = GrainId.Create("judge", "clarity@local");
        GrainState<Shares> mine = new(new Shares()), other = new(new Shares());
        await storage.ReadStateAsync("holders", id, mine);
        await storage.ReadStateAsync("holders", id, other);
        mine.State!.Count = 3;
        await storage.WriteStateAsync("holders", id, mine);
        other.State!.Count = 4;
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("holders", id, other));

        await storage.ReadStateAsync("holders", id, other);
        other.State!.Count.ShouldBe(3);
        other.State!.Count = 5;
        await storage.WriteStateAsync("holders", id, other);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("holders", id, mine));
        await Should.ThrowAsync<InconsistentStateException>(() => storage.ClearStateAsync("holders", id, mine));
        GrainState<Shares> again = new(new Shares()), stranger = new(new Shares());
        await storage.ReadStateAsync("holders", id, again);
        await storage.ReadStateAsync("holders", GrainId.Create("judge", "clarity@other"), stranger);
        (again.State!.Count, stranger.State!.Count).ShouldBe((5, 0));

        await storage.ClearStateAsync("holders", id, again);
        GrainState<Shares> cleared = new(new Shares());
        await storage.ReadStateAsync("holders", id, cleared);
        cleared.State!.Count.ShouldBe(0);
    }

    [Fact]
    public async Task Reminders_are_found_by_grain_name_and_place_in_the_ring_and_removed_by_whoever_knows_them()
    {
        var reminders = (await HostAsync("here")).Services.GetRequiredService<IReminderTable>();
        await reminders.StartAsync(Stop);
        GrainId[] grains = [.. Enumerable.Range(0, 6).Select(static i => GrainId.Create("sweep", string.Create(CultureInfo.InvariantCulture, $"s{i}")))];
        Dictionary<GrainId, string> tags = [];
        foreach (var grain in grains) tags[grain] = (await reminders.UpsertRow(Entry(grain, "watch"), Stop))!;
        await reminders.UpsertRow(Entry(grains[0], "other"), Stop);

        (await reminders.ReadRows(grains[0], Stop)).Reminders.Select(static one => one.ReminderName).Order(StringComparer.Ordinal).ShouldBe(["other", "watch"]);
        (await reminders.ReadRow(grains[0], "watch", Stop))!.ReminderName.ShouldBe("watch");
        (await reminders.ReadRow(grains[1], "other", Stop)).ShouldBeNull();
        (await reminders.ReadRow(grains[1], "watch", Stop))!.Period.ShouldBe(TimeSpan.FromMinutes(1));

        // A range of the ring begins after its first place and ends with its last; one whose end is before its beginning goes round.
        var ring = grains[1..].OrderBy(static grain => grain.GetUniformHashCode()).ToArray();
        (uint low, uint high) = (ring[1].GetUniformHashCode(), ring[3].GetUniformHashCode());
        await reminders.RemoveRow(grains[0], "watch", tags[grains[0]], Stop);
        await reminders.RemoveRow(grains[0], "other", (await reminders.ReadRow(grains[0], "other", Stop))!.ETag!, Stop);
        (await InRangeAsync(low, high)).ShouldBe(Names(ring[2], ring[3]));
        (await InRangeAsync(high, low)).ShouldBe(Names(ring[4], ring[0], ring[1]));

        // Written again it is another: who knows the first does not remove it.
        var newer = (await reminders.UpsertRow(Entry(grains[1], "watch"), Stop))!;
        newer.ShouldNotBe(tags[grains[1]]);
        (await reminders.RemoveRow(grains[1], "watch", tags[grains[1]], Stop)).ShouldBeFalse();
        (await reminders.RemoveRow(grains[1], "watch", newer, Stop)).ShouldBeTrue();
        (await reminders.ReadRow(grains[1], "watch", Stop)).ShouldBeNull();

        static string[] Names(params GrainId[] ids) => [.. ids.Select(static id => id.ToString()).Order(StringComparer.Ordinal)];
        async Task<string[]> InRangeAsync(uint from, uint to) => Names([.. (await reminders.ReadRows(from, to, Stop)).Reminders.Select(static one => one.GrainId)]);
    }

    private static ReminderEntry Entry(GrainId grain, string name) => new() { GrainId = grain, ReminderName = name, StartAt = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), Period = TimeSpan.FromMinutes(1) };

    private static MembershipEntry Member(int number, SiloStatus status = SiloStatus.Active)
    {
        var started = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        return new MembershipEntry
        {
            SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), 1),
            Status = status,
            ProxyPort = 1000 + number,
            HostName = "host",
            SiloName = string.Create(CultureInfo.InvariantCulture, $"silo{number}"),
            StartTime = started,
            IAmAliveTime = started,
        };
    }

    private static async Task InsertAsync(IMembershipTable members, MembershipEntry[] entries)
    {
        foreach (var entry in entries) (await members.InsertRowAsync(entry, (await members.ReadAllAsync(Stop)).Version.Next(), Stop)).ShouldBeTrue();
    }

    private static async Task<SiloStatus> StatusAsync(IMembershipTable members, int number) => (await members.ReadRowAsync(Member(number).SiloAddress, Stop)).Members.ShouldHaveSingleItem().Item1.Status;

    private static async Task UntilDeadAsync(IMembershipTable members, int number, Task burying)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await StatusAsync(members, number) != SiloStatus.Dead)
        {
            burying.IsCompleted.ShouldBeFalse();
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, "nobody takes it out");
        }
    }

    /// <summary>Dates a member's last sign of life back, by the server's clock.</summary>
    private async Task SilenceAsync(string cluster, int number, TimeSpan since)
    {
        await using var source = NpgsqlDataSource.Create(_connection);
        await using var command = source.CreateCommand("UPDATE OrleansMembershipTable SET IAmAliveTime = now() - $3 WHERE DeploymentId = $1 AND Port = $2");
        command.Parameters.Add(new NpgsqlParameter { Value = cluster });
        command.Parameters.Add(new NpgsqlParameter { Value = number });
        command.Parameters.Add(new NpgsqlParameter { Value = since });
        (await command.ExecuteNonQueryAsync(Stop)).ShouldBe(1);
    }

    private async Task<IMembershipTable> MembersAsync(string cluster)
    {
        var members = (await HostAsync(cluster)).Services.GetRequiredService<IMembershipTable>();
        await members.InitializeMembershipTableAsync(true, Stop);
        return members;
    }

    private async Task<IGrainStorage> StorageAsync()
    {
        var storage = (await HostAsync("here")).Services.GetRequiredKeyedService<IGrainStorage>(OrleansSilo.StorageName);
        var beginning = new Beginning();
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(beginning);
        await beginning.StartAsync(Stop);
        return storage;
    }

    /// <summary>A silo with our providers that is never started.</summary>
    private async Task<IHost> HostAsync(string cluster)
    {
        var setting = await ClusterSetting.OfAsync(_options with { ClusterId = cluster }, Stop);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.ClearProviders();
        builder.UseOrleans(setting.Apply);
        var host = builder.Build();
        _hosts.Add(host);
        return host;
    }

    [GenerateSerializer, Alias("orchestration.tests.shares")]
    internal sealed class Shares
    {
        [Id(0)]
        public int Count { get; set; }
    }

    /// <summary>What a provider does when its silo starts.</summary>
    private sealed class Beginning : ISiloLifecycle
    {
        private readonly List<ILifecycleObserver> _observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _observers.Add(observer);
            return new MemoryStream();
        }

        public async Task StartAsync(CancellationToken stop)
        {
            foreach (var observer in _observers) await observer.OnStart(stop);
        }
    }
}
