using Orchestration.Core.Access;
using Shouldly;
using Xunit;

namespace Orchestration.Conformance;

/// <summary>What every <see cref="IAccessDirectory"/> does.</summary>
public abstract class AccessDirectoryConformance : StoreConformance
{
    private static readonly AuditEntry Made = new("cli ann@host", "key.create", "aaaaaaaaaaaa", null, "call");
    private static readonly AuditEntry Revoked = new("cli bob@host", "key.revoke", "aaaaaaaaaaaa", "call", null);

    private AccessKey Key(string id) => new()
    {
        Id = id,
        Name = "Ann's \u00e9diteur",
        Roles = AccessRoles.Call | AccessRoles.Read,
        Hash = Enumerable.Range(0, 32).Select(i => (byte)(i * 7)).ToArray(),
        Secret = "0123abcd",
        Limits = new KeyLimits { RequestsPerMinute = 60, Concurrent = 4, UsdPerDay = 0.000_001_5m, Models = ["auto", "auto:cheap"] },
        CreatedAt = World.Time.GetUtcNow(),
        ExpiresAt = World.Time.GetUtcNow() + TimeSpan.FromDays(30),
    };

    [Fact]
    public async Task The_first_secret_is_kept_for_good_by_every_silo()
    {
        var first = await One.Access.SecretAsync(new byte[] { 1, 2, 3 }, Cancel);
        first.ShouldBe([1, 2, 3]);
        (await Two.Access.SecretAsync(new byte[] { 4, 5, 6 }, Cancel)).ShouldBe([1, 2, 3]);
        (await One.Access.SecretAsync(new byte[] { 7 }, Cancel)).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task A_key_made_at_one_silo_is_read_whole_at_the_other()
    {
        var key = Key("aaaaaaaaaaaa");
        (await One.Access.AddAsync(key, Made, Cancel)).ShouldBeTrue();
        var read = (await Two.Access.ListAsync(Cancel)).ShouldHaveSingleItem();
        (read with { Hash = key.Hash }).ShouldBe(key);
        read.Hash.ToArray().ShouldBe(key.Hash.ToArray());
        (await One.Access.AddAsync(Key("bbbbbbbbbbbb") with { Limits = KeyLimits.None, ExpiresAt = null }, Made with { Subject = "bbbbbbbbbbbb" }, Cancel)).ShouldBeTrue();
        var both = await One.Access.ListAsync(Cancel);
        both.Select(static k => k.Id).ShouldBe(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]);
        (both[1].Limits, both[1].ExpiresAt, both[1].RevokedAt).ShouldBe((KeyLimits.None, null, null));
    }

    [Fact]
    public async Task An_id_that_is_taken_is_refused_and_nothing_is_recorded()
    {
        await One.Access.AddAsync(Key("aaaaaaaaaaaa"), Made, Cancel);
        (await Two.Access.AddAsync(Key("aaaaaaaaaaaa") with { Roles = AccessRoles.All, Hash = new byte[32] }, Made, Cancel)).ShouldBeFalse();
        (await One.Access.ListAsync(Cancel)).ShouldHaveSingleItem().Roles.ShouldBe(AccessRoles.Call | AccessRoles.Read);
        (await One.Access.AuditAsync(new AuditQuery(), Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_revoked_once_and_by_whoever_came_first()
    {
        await One.Access.AddAsync(Key("aaaaaaaaaaaa"), Made, Cancel);
        World.Time.Advance(TimeSpan.FromMinutes(5));
        var at = World.Time.GetUtcNow();
        (await Two.Access.RevokeAsync("aaaaaaaaaaaa", Revoked, Cancel))!.RevokedAt.ShouldBe(at);
        World.Time.Advance(TimeSpan.FromMinutes(5));
        (await One.Access.RevokeAsync("aaaaaaaaaaaa", Revoked with { By = "late" }, Cancel))!.RevokedAt.ShouldBe(at);
        (await One.Access.ListAsync(Cancel)).ShouldHaveSingleItem().RevokedAt.ShouldBe(at);
        (await One.Access.RevokeAsync("cccccccccccc", Revoked, Cancel)).ShouldBeNull();
        (await One.Access.AuditAsync(new AuditQuery(), Cancel)).Select(static e => (e.By, e.Action)).ShouldBe([("cli bob@host", "key.revoke"), ("cli ann@host", "key.create")]);
    }

    [Fact]
    public async Task The_version_rises_with_every_change_of_a_key_and_with_nothing_else()
    {
        List<long> versions = [await Two.Access.VersionAsync(Cancel)];
        await One.Access.AddAsync(Key("aaaaaaaaaaaa"), Made, Cancel);
        versions.Add(await Two.Access.VersionAsync(Cancel));
        await One.Access.AddAsync(Key("bbbbbbbbbbbb"), Made, Cancel);
        versions.Add(await Two.Access.VersionAsync(Cancel));
        await One.Access.RevokeAsync("aaaaaaaaaaaa", Revoked, Cancel);
        versions.Add(await Two.Access.VersionAsync(Cancel));
        versions.ShouldBe(versions.Order());
        versions.ShouldBeUnique();
        await One.Access.RevokeAsync("aaaaaaaaaaaa", Revoked, Cancel);
        await One.Access.RecordAsync(Made, Cancel);
        (await Two.Access.VersionAsync(Cancel)).ShouldBe(versions[^1]);
    }

    [Fact]
    public async Task The_audit_log_is_read_newest_first_in_pages_and_by_subject()
    {
        World.Time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 5; i++)
        {
            await (i % 2 == 0 ? One : Two).Access.RecordAsync(new AuditEntry($"by {i}", "config.reload", i < 2 ? "a" : "b", i == 0 ? null : $"before {i}", $"after {i}"), Cancel);
        }

        var first = await One.Access.AuditAsync(new AuditQuery(2), Cancel);
        first.Select(static e => (e.By, e.Action, e.Subject, e.Before, e.After, e.At)).ShouldBe(
            [("by 4", "config.reload", "b", "before 4", "after 4", World.Time.GetUtcNow()), ("by 3", "config.reload", "b", "before 3", "after 3", World.Time.GetUtcNow())]);
        var second = await Two.Access.AuditAsync(new AuditQuery(2, first[^1].Number), Cancel);
        second.Select(static e => e.By).ShouldBe(["by 2", "by 1"]);
        (await Two.Access.AuditAsync(new AuditQuery(10, null, "a"), Cancel)).Select(static e => (e.By, e.Before)).ShouldBe([("by 1", "before 1"), ("by 0", null)]);
    }

    [Fact]
    public async Task Keys_and_audit_outlive_the_silo_that_made_them()
    {
        await One.Access.AddAsync(Key("aaaaaaaaaaaa"), Made, Cancel);
        await One.KillAsync();
        (await Two.Access.ListAsync(Cancel)).Count.ShouldBe(1);
        (await (await OpenAsync()).Access.AuditAsync(new AuditQuery(), Cancel)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task One_of_two_silos_that_make_the_same_id_at_once_gets_it()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? One : Two).Access.AddAsync(Key("aaaaaaaaaaaa") with { Name = $"n{i}" }, Made, Cancel).AsTask()));
        added.Count(static a => a).ShouldBe(1);
        (await One.Access.ListAsync(Cancel)).Count.ShouldBe(1);
    }
}
