using System.Globalization;
using System.Net;
using Orchestration.Orleans.Hosting;
using Orchestration.Testing;
using Orleans;
using Orleans.Runtime;
using Shouldly;
using Xunit;

namespace Orchestration.Orleans.Tests.Hosting;

/// <summary>Who a silo that joins takes out of the members' table, and of whom it tells that it waits for them. A detection time is ten seconds.</summary>
public sealed class JoinWatchTests
{
    private static readonly TimeSpan Detection = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private readonly MemberTable _table = new();
    private readonly List<string> _notes = [];

    [Fact]
    public async Task Members_that_are_silent_for_three_detection_times_are_taken_out_and_named()
    {
        var watch = Watch();
        _table.Add(1, SiloStatus.Active, Ago(0));
        _table.Add(2, SiloStatus.Active, Ago(0));
        (await watch.LookAsync()).ShouldBe(["10.0.0.1:11111", "10.0.0.2:11111"]);
        _time.Advance((Detection * 3) - TimeSpan.FromTicks(1));
        (await watch.LookAsync()).Count.ShouldBe(2);
        _time.Advance(TimeSpan.FromTicks(1));
        (await watch.LookAsync()).ShouldBeEmpty();
        _table.Statuses.ShouldBe([SiloStatus.Dead, SiloStatus.Dead]);
        _notes.ShouldBe(["taken out of the cluster 'orchestration', as dead: 10.0.0.1:11111", "taken out of the cluster 'orchestration', as dead: 10.0.0.2:11111"]);
    }

    [Fact]
    public async Task Members_that_were_silent_long_before_are_watched_for_two_detection_times()
    {
        var watch = Watch();
        _table.Add(1, SiloStatus.Active, Ago(60));
        await watch.LookAsync();
        _time.Advance((Detection * 2) - TimeSpan.FromTicks(1));
        (await watch.LookAsync()).Count.ShouldBe(1);
        _time.Advance(TimeSpan.FromTicks(1));
        (await watch.LookAsync()).ShouldBeEmpty();
        _table.Statuses.ShouldBe([SiloStatus.Dead]);
    }

    [Fact]
    public async Task A_member_whose_clock_is_an_hour_slow_lives_as_long_as_it_writes()
    {
        var watch = Watch();
        _table.Add(1, SiloStatus.Active, Ago(360));
        for (var look = 0; look < 10; look++)
        {
            (await watch.LookAsync()).Count.ShouldBe(1);
            _time.Advance(Detection);
            _table.Alive(1, Ago(360));
        }

        _table.Statuses.ShouldBe([SiloStatus.Active]);
    }

    [Fact]
    public async Task Nobody_who_joins_or_leaves_or_has_left_is_waited_for_or_taken_out()
    {
        var watch = Watch();
        _table.Add(1, SiloStatus.Joining, Ago(60));
        _table.Add(2, SiloStatus.ShuttingDown, Ago(60));
        _table.Add(3, SiloStatus.Dead, Ago(60));
        (await watch.LookAsync()).ShouldBeEmpty();
        _time.Advance(Detection * 6);
        (await watch.LookAsync()).ShouldBeEmpty();
        _table.Statuses.ShouldBe([SiloStatus.Joining, SiloStatus.ShuttingDown, SiloStatus.Dead]);
    }

    [Fact]
    public async Task Where_another_silo_changes_the_table_first_it_is_looked_at_again()
    {
        var watch = Watch();
        _table.Add(1, SiloStatus.Active, Ago(60));
        await watch.LookAsync();
        _time.Advance(Detection * 2);
        _table.IsContended = true;
        await watch.LookAsync();
        _table.Statuses.ShouldBe([SiloStatus.Active]);
        _notes.ShouldBeEmpty();
        _table.IsContended = false;
        await watch.LookAsync();
        _table.Statuses.ShouldBe([SiloStatus.Dead]);
    }

    [Fact]
    public async Task Who_is_waited_for_is_told_once_after_a_detection_time_and_never_taken_out_where_something_else_does_it()
    {
        using var joined = new CancellationTokenSource();
        _table.Add(1, SiloStatus.Active, Ago(60));
        var running = Watch(buries: false).RunAsync(joined.Token);
        for (var look = 0; look < 8; look++)
        {
            await _time.WaitBegunAsync(static due => due == Detection / 2);
            if (look < 2) _notes.ShouldBeEmpty();
            _time.Advance(Detection / 2);
        }

        await _time.WaitBegunAsync(static due => due == Detection / 2);
        await joined.CancelAsync();
        await running;
        _notes.ShouldHaveSingleItem().ShouldStartWith("waiting to join the cluster 'orchestration': not every member answers of 10.0.0.1:11111. One that is dead is taken out after 30 s of silence.");
        _table.Statuses.ShouldBe([SiloStatus.Active]);
    }

    private JoinWatch Watch(bool buries = true) => new(_table, MemberTable.At(9), new OrleansOptions { Store = "s", FailureDetection = Detection, Time = _time, Note = _notes.Add }, buries);

    private DateTime Ago(int detections) => (_time.GetUtcNow() - (Detection * detections)).UtcDateTime;

    /// <summary>A members' table in memory, whose every change needs the version before it.</summary>
    private sealed class MemberTable : IMembershipTable
    {
        private readonly List<MembershipEntry> _members = [];
        private int _version;

        public bool IsContended { get; set; }

        public SiloStatus[] Statuses => [.. _members.Select(static member => member.Status)];

        public static SiloAddress At(byte number) => SiloAddress.New(new IPAddress([10, 0, 0, number]), 11111, 1);

        public void Add(byte number, SiloStatus status, DateTime alive) =>
            _members.Add(new MembershipEntry { SiloAddress = At(number), Status = status, StartTime = alive, IAmAliveTime = alive, SiloName = "s", HostName = "h" });

        public void Alive(byte number, DateTime time) => _members.Single(member => member.SiloAddress.Equals(At(number))).IAmAliveTime = time;

        public Task<MembershipTableData> ReadAll() =>
            Task.FromResult(new MembershipTableData([.. _members.Select(member => Tuple.Create(Copy(member), Tag()))], new TableVersion(_version, Tag())));

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion)
        {
            if (IsContended || tableVersion.VersionEtag != Tag() || tableVersion.Version != _version + 1) return Task.FromResult(false);
            _members[_members.FindIndex(member => member.SiloAddress.Equals(entry.SiloAddress))] = entry;
            _version++;
            return Task.FromResult(true);
        }

        public Task InitializeMembershipTable(bool tryInitTableVersion) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => throw new NotSupportedException();

        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();

        private static MembershipEntry Copy(MembershipEntry member) =>
            new() { SiloAddress = member.SiloAddress, Status = member.Status, StartTime = member.StartTime, IAmAliveTime = member.IAmAliveTime, SiloName = member.SiloName, HostName = member.HostName };

        private string Tag() => _version.ToString(CultureInfo.InvariantCulture);
    }
}
