using Azure.Core;
using Azure.Identity;
using Orchestration.Backends.Identity;
using Orchestration.Core;
using Orchestration.Core.Configuration;
using Orchestration.Core.Stores;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Backends.Tests.Http;

/// <summary>A token in place of a database's password.</summary>
public sealed class StorePasswordTests
{
    private static readonly StoreIdentity Identity = new(EntraIdentity.Managed, "0b8b5d6e-0000-4000-8000-000000000001", StoreIdentity.PostgresScope);

    private readonly ManualTime _time = new();
    private readonly Issuer _issuer;
    private readonly StorePassword _password;

    public StorePasswordTests()
    {
        _issuer = new Issuer(_time);
        _password = new StorePassword(Identity, _time, _issuer);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_kept_until_five_minutes_before_its_end()
    {
        (await _password.GetAsync(Stop)).ShouldBe("token-1");
        _time.Advance(TimeSpan.FromMinutes(54));
        (await _password.GetAsync(Stop)).ShouldBe("token-1");
        _time.Advance(TimeSpan.FromMinutes(2));
        (await _password.GetAsync(Stop)).ShouldBe("token-2");
        _issuer.Scopes.ShouldBe([StoreIdentity.PostgresScope, StoreIdentity.PostgresScope]);
    }

    [Fact]
    public async Task Many_who_ask_at_once_cause_one_request()
    {
        _issuer.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = Enumerable.Range(0, 20).Select(_ => _password.GetAsync(Stop).AsTask()).ToList();
        _issuer.Gate.SetResult();
        (await Task.WhenAll(asking)).Distinct().ShouldBe(["token-1"]);
        _issuer.Scopes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task While_none_can_be_had_the_old_one_counts_to_its_end_and_then_it_is_said_why()
    {
        await _password.GetAsync(Stop);
        _issuer.Failure = new CredentialUnavailableException("ManagedIdentityCredential authentication unavailable");
        _time.Advance(TimeSpan.FromMinutes(58));
        (await _password.GetAsync(Stop)).ShouldBe("token-1");

        _time.Advance(TimeSpan.FromMinutes(2));
        var failure = await Should.ThrowAsync<OrchestrationException>(async () => await _password.GetAsync(Stop));
        failure.Code.ShouldBe(ErrorCodes.Store);
        failure.Message.ShouldContain("no token of Entra ID can be had for the store (identity: managed");
        failure.Message.ShouldContain("ManagedIdentityCredential authentication unavailable");
        failure.ToString().ShouldNotContain("token-1");

        _issuer.Failure = null;
        (await _password.GetAsync(Stop)).ShouldBe("token-2");
    }

    [Fact]
    public async Task Who_gives_up_takes_no_token_from_the_others()
    {
        _issuer.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var first = _password.GetAsync(impatient.Token).AsTask();
        var second = _password.GetAsync(Stop).AsTask();
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        _issuer.Gate.SetResult();
        (await second).ShouldBe("token-1");
    }

    private sealed class Issuer(TimeProvider time) : TokenCredential
    {
        private int _tokens;

        public TaskCompletionSource? Gate { get; set; }

        public Exception? Failure { get; set; }

        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override async ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            lock (Scopes) Scopes.Add(string.Join(' ', requestContext.Scopes));
            if (Gate is { } gate) await gate.Task;
            if (Failure is { } failure) throw failure;
            return new AccessToken($"token-{Interlocked.Increment(ref _tokens)}", time.GetUtcNow() + TimeSpan.FromHours(1));
        }
    }
}
