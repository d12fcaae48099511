using System.Security.Cryptography;
using System.Text;
using Orchestration.Core;
using Orchestration.Core.Access;
using Orchestration.Simulation.InMemory;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Access;

/// <summary>Keys: their text, their hash, and how a silo checks them.</summary>
public sealed class ApiKeyTests
{
    private const string Given = "0123456789abcdef0123456789abcdef";

    private readonly ManualTime _time = new();
    private readonly InMemoryOwner _store;

    public ApiKeyTests() => _store = new InMemoryData(_time).Open();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_has_an_id_and_256_random_bits_and_its_hash_is_the_hmac_of_the_whole_text()
    {
        var (text, key) = await NewAsync();
        text.ShouldMatch("^ok_[a-z2-7]{12}_[a-z2-7]{52}$");
        text.ShouldStartWith($"ok_{key.Id}_");
        key.Hash.ToArray().ShouldBe(HMACSHA256.HashData(SHA256.HashData(Encoding.UTF8.GetBytes(Given)), Encoding.ASCII.GetBytes(text)));

        var many = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => NewAsync()));
        many.Select(static k => k.Text).ShouldBeUnique();
        many.Select(static k => k.Key.Id).ShouldBeUnique();

        // Each character of the secret takes many values: none of them is fixed.
        for (var at = 16; at < 67; at++) many.Select(k => k.Text[at]).Distinct().Count().ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task A_key_with_one_character_changed_is_unknown_wherever_it_is()
    {
        var (text, _) = await AddAsync();
        var ring = await RingAsync();
        ring.Check(text, out var found).ShouldBe(KeyRefusal.None);
        found!.Name.ShouldBe("app");
        for (var at = 0; at < text.Length; at++)
        {
            var other = text.ToCharArray();
            other[at] = other[at] == 'b' ? 'c' : 'b';
            ring.Check(other, out var none).ShouldBe(KeyRefusal.Unknown, $"character {at}");
            none.ShouldBeNull();
        }

        ring.Check(text.ToUpperInvariant(), out _).ShouldBe(KeyRefusal.Unknown);
        ring.Check(text + "a", out _).ShouldBe(KeyRefusal.Unknown);
        ring.Check("", out _).ShouldBe(KeyRefusal.Unknown);
        ring.Check("ok_" + new string('\u00e9', 65), out _).ShouldBe(KeyRefusal.Unknown);
    }

    [Fact]
    public async Task A_key_made_with_another_server_secret_is_refused_and_who_runs_the_silo_is_told()
    {
        var (text, _) = await AddAsync();
        List<string> notes = [];
        var other = await ServerSecret.OfAsync(_store.Access, static _ => null, Cancel);
        var ring = new KeyRing(_store.Access, other, _time, notes.Add);
        await ring.RefreshAsync(Cancel);
        ring.Check(text, out _).ShouldBe(KeyRefusal.Unknown);
        notes.ShouldHaveSingleItem().ShouldContain(ServerSecret.Variable);
        notes[0].ShouldNotContain(Given);
    }

    [Fact]
    public async Task The_stores_secret_is_the_same_for_every_silo_and_one_too_short_in_the_environment_is_refused()
    {
        var one = await ServerSecret.OfAsync(_store.Access, static _ => null, Cancel);
        (await ServerSecret.OfAsync(_store.Access, static _ => null, Cancel)).Name.ShouldBe(one.Name);
        (await SecretAsync()).Name.ShouldNotBe(one.Name);
        var refused = await Should.ThrowAsync<OrchestrationException>(async () => await ServerSecret.OfAsync(_store.Access, static _ => "too short a secret", Cancel));
        refused.Code.ShouldBe(ErrorCodes.Configuration);
        refused.Message.ShouldNotContain("too short a secret");
    }

    [Fact]
    public async Task A_key_counts_until_its_time_is_over_and_no_longer()
    {
        var (text, _) = await AddAsync(_time.GetUtcNow() + TimeSpan.FromHours(1));
        var ring = await RingAsync();
        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        ring.Check(text, out _).ShouldBe(KeyRefusal.None);
        _time.Advance(TimeSpan.FromTicks(1));
        ring.Check(text, out _).ShouldBe(KeyRefusal.Expired);
    }

    [Fact]
    public async Task A_key_made_or_revoked_elsewhere_counts_so_after_the_next_look()
    {
        var ring = await RingAsync();
        var (text, key) = await AddAsync();
        ring.Check(text, out _).ShouldBe(KeyRefusal.Unknown);
        (await ring.RefreshAsync(Cancel)).ShouldBeTrue();
        ring.Check(text, out _).ShouldBe(KeyRefusal.None);
        (await ring.RefreshAsync(Cancel)).ShouldBeFalse();
        await _store.Access.RevokeAsync(key.Id, new AuditEntry("a", "key.revoke", key.Id), Cancel);
        (await ring.RefreshAsync(Cancel)).ShouldBeTrue();
        ring.Check(text, out _).ShouldBe(KeyRefusal.Revoked);
    }

    [Theory]
    [InlineData("call", AccessRoles.Call)]
    [InlineData("read,call", AccessRoles.Call | AccessRoles.Read)]
    [InlineData("operate,judge,call,read", AccessRoles.All)]
    public void Roles_are_read_and_written(string text, AccessRoles roles)
    {
        AccessRoleNames.Read(text.Split(',')).ShouldBe(roles);
        AccessRoleNames.Read(AccessRoleNames.Write(roles).Split(',')).ShouldBe(roles);
    }

    [Theory]
    [InlineData("")]
    [InlineData("admin")]
    [InlineData("CALL")]
    public void A_role_that_there_is_not_is_refused(string text) =>
        Should.Throw<OrchestrationException>(() => AccessRoleNames.Read([text])).Message.ShouldContain("call, judge, operate");

    private async Task<(string Text, AccessKey Key)> NewAsync(DateTimeOffset? expires = null) =>
        ApiKey.Create(await SecretAsync(), "app", AccessRoles.Call, KeyLimits.None, _time.GetUtcNow(), expires);

    private async Task<(string Text, AccessKey Key)> AddAsync(DateTimeOffset? expires = null)
    {
        var made = await NewAsync(expires);
        (await _store.Access.AddAsync(made.Key, new AuditEntry("a", "key.create", made.Key.Id), Cancel)).ShouldBeTrue();
        return made;
    }

    private ValueTask<ServerSecret> SecretAsync() => ServerSecret.OfAsync(_store.Access, static name => name == ServerSecret.Variable ? Given : null, Cancel);

    private async Task<KeyRing> RingAsync()
    {
        var ring = new KeyRing(_store.Access, await SecretAsync(), _time);
        await ring.RefreshAsync(Cancel);
        return ring;
    }
}
