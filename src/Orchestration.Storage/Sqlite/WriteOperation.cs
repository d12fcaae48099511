namespace Orchestration.Storage.Sqlite;

/// <summary>One caller's part of a commit.</summary>
internal abstract class WriteOperation
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Withdrawn = 2;

    private int _state;

    /// <summary>True where a loss of power may undo it as long as nothing later has been stored: data of a sweep that is not sealed yet.</summary>
    public virtual bool MayBeLost => false;

    /// <summary>True where it may fail after having written; then it is undone alone.</summary>
    public virtual bool NeedsSavepoint => true;

    /// <summary>From now on it is awaited; false where its caller no longer waits.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref _state, Begun, Waiting) != Withdrawn;

    /// <summary>Takes it back, if it has not begun.</summary>
    public bool TryWithdraw() => Interlocked.CompareExchange(ref _state, Withdrawn, Waiting) == Waiting;

    /// <summary>Does the work inside the transaction. May be called again after a failed commit.</summary>
    public abstract void Execute(Connection connection);

    /// <summary>The transaction is durable.</summary>
    public abstract void Succeed();

    /// <summary>Nothing of it was written.</summary>
    public abstract void Fail(Exception failure);

    /// <summary>The caller took it back.</summary>
    public abstract void Cancel(CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal abstract class WriteOperation<T> : WriteOperation
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _registration;

    public Task<T> Task => _completion.Task;

    protected abstract T Result { get; }

    public void WithdrawOn(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) =>
                {
                    var operation = (WriteOperation<T>)state!;
                    if (operation.TryWithdraw()) operation.Cancel(token);
                },
                this);
        }
    }

    public override void Succeed()
    {
        _registration.Unregister();
        _completion.TrySetResult(Result);
    }

    public override void Fail(Exception failure)
    {
        _registration.Unregister();
        _completion.TrySetException(failure);
    }

    public override void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}

/// <summary>An operation that is a function of the connection.</summary>
internal sealed class WriteFunction<T>(Func<Connection, T> work, bool mayBeLost) : WriteOperation<T>
{
    private T _result = default!;

    public override bool MayBeLost => mayBeLost;

    protected override T Result => _result;

    public override void Execute(Connection connection) => _result = work(connection);
}
