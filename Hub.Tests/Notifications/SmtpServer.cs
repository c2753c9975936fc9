using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;

namespace Hub.Tests.Notifications;

/// <summary>A mail server on loopback that speaks the protocol over TCP (RFC 5321, STARTTLS of RFC 3207, AUTH PLAIN and LOGIN of RFC 4954) and keeps what it is given.</summary>
internal sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource over = new();
    private readonly ConcurrentBag<Task> open = [];
    private readonly Task accepting;

    public SmtpServer()
    {
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>What was accepted, in order.</summary>
    public ConcurrentQueue<MimeMessage> Mail { get; } = new();

    /// <summary>"user:password" that it lets in; it offers no sign-in without one.</summary>
    public string? Account { get; init; }

    /// <summary>Offers STARTTLS, with a certificate that nobody trusts.</summary>
    public bool StartTls { get; init; }

    /// <summary>What it answers to a recipient.</summary>
    public string Recipient { get; set; } = "250 OK";

    /// <summary>So many mails are put off before one is taken.</summary>
    public int Busy { get; set; }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        listener.Stop();
        await accepting;
        await Task.WhenAll(open);
        over.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) open.Add(ServeAsync(await listener.AcceptTcpClientAsync(over.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It was told to end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var held = client;
        try
        {
            await TalkAsync(client.GetStream());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or did not like the certificate.
        }
    }

    private async Task TalkAsync(Stream stream)
    {
        var (signedIn, recipients) = (Account is null, 0);
        await SayAsync("220 mail.example ESMTP");
        while (await LineAsync() is { } line)
        {
            var word = line.Split(' ', ':')[0].ToUpperInvariant();
            if (word is "EHLO" or "HELO")
            {
                await SayAsync($"250-mail.example\r\n{(StartTls && stream is not SslStream ? "250-STARTTLS\r\n" : "")}{(Account is null ? "" : "250-AUTH PLAIN LOGIN\r\n")}250 8BITMIME");
            }
            else if (word == "STARTTLS")
            {
                await SayAsync("220 Go ahead");
                var secure = new SslStream(stream);
                await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate() }, over.Token);
                stream = secure;
            }
            else if (word == "AUTH")
            {
                signedIn = Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[^1])).TrimStart('\0').Replace('\0', ':') == Account;
                await SayAsync(signedIn ? "235 Welcome" : "535 No");
            }
            else if (word is "MAIL" or "RSET")
            {
                recipients = 0;
                await SayAsync(word == "RSET" || signedIn ? "250 OK" : "530 Sign in first");
            }
            else if (word == "RCPT")
            {
                recipients += Recipient.StartsWith('2') ? 1 : 0;
                await SayAsync(Recipient);
            }
            else if (word == "DATA")
            {
                await SayAsync(recipients > 0 ? "354 Go on" : "554 For whom?");
                if (recipients > 0) await TakeAsync();
            }
            else if (word == "QUIT")
            {
                await SayAsync("221 Bye");
                return;
            }
            else
            {
                await SayAsync(word == "NOOP" ? "250 OK" : "502 What?");
            }
        }

        async Task TakeAsync()
        {
            var data = new StringBuilder();
            while (await LineAsync() is { } line && line != ".") data.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
            if (Busy > 0)
            {
                Busy--;
                await SayAsync("451 Later");
                return;
            }
            using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(data.ToString()));
            Mail.Enqueue(await MimeMessage.LoadAsync(bytes));
            await SayAsync("250 Taken");
        }

        async Task SayAsync(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), over.Token);

        // Byte by byte, so that nothing of what follows STARTTLS is taken before it.
        async Task<string?> LineAsync()
        {
            var line = new MemoryStream();
            var one = new byte[1];
            while (await stream.ReadAsync(one, over.Token) == 1)
            {
                if (one[0] == '\n') return Encoding.UTF8.GetString(line.ToArray()).TrimEnd('\r');
                line.WriteByte(one[0]);
            }
            return null;
        }
    }

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        using var made = new CertificateRequest("CN=mail.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
