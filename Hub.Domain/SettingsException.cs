namespace Hub.Domain;

/// <summary>Settings with which the hub does not start; the message says what to do, and is all that is printed.</summary>
public sealed class SettingsException : Exception
{
    public SettingsException(string message) : base(message)
    {
    }

    public SettingsException(string message, Exception innerException) : base(message, innerException)
    {
    }

    public SettingsException()
    {
    }
}
